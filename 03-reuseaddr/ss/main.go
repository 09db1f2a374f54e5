// Command ss lists TCP sockets, like the ss of Linux.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"text/tabwriter"

	reuseaddr "example.com/dialtone/03-reuseaddr"
	"example.com/dialtone/03-reuseaddr/internal/cli"
)

func main() {
	var only netip.AddrPort
	flag.TextVar(&only, "addr", only, "show only the sockets in the way of one that binds `HOST:PORT`")
	cli.Server(func(context.Context) error {
		sockets, err := reuseaddr.Sockets(only.Port())
		if err != nil {
			return err
		}
		if only.IsValid() {
			sockets = reuseaddr.At(sockets, only)
		}
		owners := reuseaddr.Owners(sockets)
		out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "State\tRecv-Q\tSend-Q\tLocal\tRemote\tTimer\tProgram")
		for _, s := range sockets {
			fmt.Fprintf(out, "%v\t%d\t%d\t%v\t%v\t%v %.1fs\t%v\n", s.State, s.RecvQ, s.SendQ, s.Local, s.Remote, s.Timer,
				s.Left.Seconds(), cmp.Or(strings.Trim(fmt.Sprint(owners[s.Inode]), "[]"), "-"))
		}
		return out.Flush()
	})
}
