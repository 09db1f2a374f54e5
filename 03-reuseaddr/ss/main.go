// Command ss lists TCP sockets, like the ss of Linux.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"strings"
	"text/tabwriter"

	reuseaddr "example.com/dialtone/03-reuseaddr"
)

func main() {
	var only netip.AddrPort
	flag.TextVar(&only, "addr", only, "show only the sockets in the way of one that binds `HOST:PORT`")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("ss: ")
	if flag.NArg() > 0 {
		log.Printf("%q is not a flag", flag.Arg(0))
		os.Exit(2)
	}
	sockets, err := reuseaddr.Sockets(only.Port())
	if err != nil {
		log.Fatal(err)
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
	out.Flush()
}
