// Command ss lists TCP sockets, their states and their timers: a small
// cousin of the ss that comes with Linux.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	reuseaddr "example.com/dialtone/03-reuseaddr"
	"example.com/dialtone/03-reuseaddr/internal/cli"
)

func main() {
	port := flag.Uint("port", 0, "show only sockets with this `PORT` on either side; 0 shows all")
	cli.Server(func(context.Context) error {
		if *port > 65535 {
			return cli.Usage("a port is a number from 0 to 65535")
		}
		sockets, err := reuseaddr.Sockets()
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		owners := reuseaddr.Owners(sockets)
		fmt.Fprintln(out, "State\tRecv-Q\tSend-Q\tLocal\tRemote\tTimer\tProgram")
		for _, s := range sockets {
			if p := uint16(*port); p != 0 && s.Local.Port() != p && s.Remote.Port() != p {
				continue
			}
			fmt.Fprintf(out, "%v\t%d\t%d\t%v\t%v\t%v %.1fs\t%v\n", s.State, s.RecvQ, s.SendQ,
				s.Local, s.Remote, s.Timer, s.Left.Seconds(), strings.Trim(fmt.Sprint(owners[s.Inode]), "[]"))
		}
		return out.Flush()
	})
}
