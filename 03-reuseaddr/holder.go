package reuseaddr

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Process is a program that has a socket open.
type Process struct {
	PID  int
	Name string // as in /proc/PID/comm: at most 15 bytes
}

func (p Process) String() string { return fmt.Sprintf("%s (pid %d)", p.Name, p.PID) }

// Owners finds the programs that have sockets open, by inode: that is what
// their descriptors in /proc/PID/fd point to. As root it sees all of them,
// else only the user's own.
func Owners(sockets []Socket) map[uint64][]Process {
	wanted := map[string]uint64{}
	for _, s := range sockets {
		// Without inode, every program has closed it.
		if s.Inode != 0 {
			wanted[fmt.Sprintf("socket:[%d]", s.Inode)] = s.Inode
		}
	}
	owners := map[uint64][]Process{}
	if len(wanted) == 0 {
		return owners
	}
	// What cannot be read belongs to others, or ended while we looked.
	fds, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range fds {
		link, _ := os.Readlink(fd)
		inode, ok := wanted[link]
		if !ok {
			continue
		}
		folder := filepath.Dir(filepath.Dir(fd))
		name, _ := os.ReadFile(filepath.Join(folder, "comm"))
		pid, _ := strconv.Atoi(filepath.Base(folder))
		owner := Process{pid, strings.TrimSpace(string(name))}
		if !slices.Contains(owners[inode], owner) {
			owners[inode] = append(owners[inode], owner)
		}
	}
	return owners
}
