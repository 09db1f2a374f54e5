package reuseaddr

import (
	"context"
	"fmt"
	"net"
)

// A Cell is one field of the matrix: who hung up first, SO_REUSEADDR on
// the listener that went and on the one that came, and what bind said.
type Cell struct {
	First    First
	Old, New Choice
	Err      error // nil: the restart succeeded
}

// Matrix tries a restart in every combination, each on a port of its own:
// addr is an address with port 0. What it returns as error went wrong
// beside the experiment.
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

// try lives through it: listen, one call, hang up, close, listen again.
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
	if err := End(c.First, server, client); err != nil {
		return err
	}
	ln.Close()
	again, err := Listen(ctx, ln.Addr().String(), Options{ReuseAddr: c.New})
	if InUse(err) && c.First == Client {
		// On a busy machine the last packet to the server, who hung up
		// second, may be on its way still: wait for it, and look again.
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
