package reuseaddr

import (
	"context"
	"fmt"
	"net"
)

// A Cell is one field of the matrix: who closed first, SO_REUSEADDR at
// the old listener and at the new one, and what bind said.
type Cell struct {
	First    First
	Old, New Choice
	Err      error // nil: the restart succeeded
}

// Matrix tries a restart in every combination, each on a port of its own:
// addr is an address with port 0. The error that it returns is
// none of the experiment's.
func Matrix(ctx context.Context, addr string) ([]Cell, error) {
	var cells []Cell
	for _, first := range []First{Server, Client, Reset} {
		for _, old := range []Choice{Off, On} {
			for _, fresh := range []Choice{Off, On} {
				cell := Cell{First: first, Old: old, New: fresh}
				if err := cell.try(ctx, addr); err != nil {
					return cells, fmt.Errorf("%v first, %v, %v: %w", first, old, fresh, err)
				}
				cells = append(cells, cell)
			}
		}
	}
	return cells, nil
}

// try runs it: listen, one connection, close all, listen again.
func (c *Cell) try(ctx context.Context, addr string) error {
	ln, err := Listen(ctx, addr, Options{ReuseAddr: c.Old})
	if err != nil {
		return err
	}
	defer ln.Close()
	client, err := new(net.Dialer).DialContext(ctx, "tcp", ln.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	server, err := ln.Accept()
	if err != nil {
		return err
	}
	if err := Close(c.First, server, client); err != nil {
		return err
	}
	ln.Close()
	again, err := Listen(ctx, ln.Addr().String(), Options{ReuseAddr: c.New})
	if InUse(err) && c.First == Client {
		// On a busy machine the last packet to the server, which closed
		// second, may still be on its way: wait for it, and try again.
		if err := settle(ctx, server.LocalAddr()); err != nil {
			return err
		}
		again, err = Listen(ctx, ln.Addr().String(), Options{ReuseAddr: c.New})
	}
	if c.Err = err; err == nil {
		return again.Close()
	}
	return nil
}
