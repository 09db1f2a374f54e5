// Command ss lists TCP sockets, their states and their timers: a small
// cousin of the ss that comes with Linux.
package main

import (
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
	addr := flag.String("addr", "", "show only the sockets with this `HOST:PORT` on either side")
	cli.Server(func(context.Context) error {
		only, err := netip.ParseAddrPort(*addr)
		if *addr != "" && err != nil {
			return cli.Usage(fmt.Sprintf("-addr %q: give an IP and a port, such as 127.0.0.1:8080", *addr))
		}
		sockets, err := reuseaddr.Sockets(only.Port())
		if err != nil {
			return err
		}
		owners := reuseaddr.Owners(sockets)
		out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "State\tRecv-Q\tSend-Q\tLocal\tRemote\tTimer\tProgram")
		for _, s := range sockets {
			if *addr == "" || s.Local == only || s.Remote == only {
				fmt.Fprintf(out, "%v\t%d\t%d\t%v\t%v\t%v %.1fs\t%v\n", s.State, s.RecvQ, s.SendQ, s.Local,
					s.Remote, s.Timer, s.Left.Seconds(), strings.Trim(fmt.Sprint(owners[s.Inode]), "[]"))
			}
		}
		return out.Flush()
	})
}
