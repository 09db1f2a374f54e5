package main

import "context"

func (d *drill) mutate(ctx context.Context, es []*exercise) error { return nil }
