package main

import (
	"context"
	"flag"
	"fmt"
	"net"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/resumable"
)

// limitFlags has the flags set the limits.
func limitFlags() *upload.Limits {
	limits := upload.DefaultLimits()
	flag.Var((*resumable.Size)(&limits.MaxSize), "max-size", "the largest file, such as `8GiB`")
	flag.Var((*resumable.Size)(&limits.MinRate), "min-rate", "cut off a client that sends less a second, such as `64KiB`")
	flag.IntVar(&limits.MaxConns, "max-conns", limits.MaxConns, "clients served at once; the next one waits")
	flag.DurationVar(&limits.IdleTimeout, "idle-timeout", limits.IdleTimeout, "cut off a client that is silent for so long")
	flag.DurationVar(&limits.ShutdownTimeout, "shutdown-timeout", limits.ShutdownTimeout, "how long files under way may go on after Ctrl-C")
	return &limits
}

// storey is the server of the chapter, or the one that is built on it.
func storey(protocol int, dir string, sync bool, limits upload.Limits) (func(context.Context, net.Listener) error, error) {
	if protocol == 1 {
		store, err := upload.OpenStore(dir)
		if err != nil {
			return nil, fmt.Errorf("folder %s: %w; choose another -dir", upload.Show(dir), upload.Plain(err))
		}
		if !sync {
			store.Sync = nil
		}
		s := upload.Server{Limits: limits, Store: store, Report: func(r upload.Record) { fmt.Println(r) }}
		return s.Serve, nil
	}
	folder, err := resumable.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	if !sync {
		folder.Sync = nil
	}
	// A stop may cut all the clients at once, and the largest file has to fit.
	folder.KeepFiles = max(folder.KeepFiles, limits.MaxConns)
	folder.KeepBytes = max(folder.KeepBytes, limits.MaxSize)
	s := resumable.Server{Limits: limits, Folder: folder, Report: func(r resumable.Record) { fmt.Println(r) }}
	return s.Serve, nil
}
