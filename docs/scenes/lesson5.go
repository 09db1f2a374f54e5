package scenes

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/resumable"
	"example.com/dialtone/docs/ladder"
)

func lesson5(fs *flag.FlagSet, say pick) script {
	size := resumable.Size(256 << 20)
	fs.Var(&size, "size", say("how big the big file at the end is, such as `1GiB`", "最后那个大文件有多大，例如 `1GiB`"))
	film := fs.Int("film", 64_000, say("how big the file is whose client dies half-way, in `BYTES`", "客户端中途死掉的那次，文件有多少`字节`"))
	dies := fs.Int("dies", 40_000, say("after how many `BYTES` the client of -film dies", "-film 那一幕的客户端发出多少`字节`之后死掉"))
	name := fs.String("name", "../../etc/passwd", say("the file's `NAME` in the scene of bad names", "坏文件名那一幕用的`文件名`"))
	return func(context.Context) ([]Scene, error) {
		return []Scene{small(), backToBack(), comesBack(*film, *dies), refusedName(*name), corrupted(),
				{after: func(s *stage) error { return s.bigFile(size) }}},
			errors.Join(within("film", *film, 2, 1<<24), within("dies", *dies, 1, max(1, *film-1)))
	}
}

// post is where a scene of lesson 5 plays: a folder for its files, and what
// its server reported.
type post struct {
	dir     string
	records []resumable.Record
}

// file makes the file that is to be sent.
func (p *post) file(text string) (*upload.Source, error) {
	path := filepath.Join(p.dir, "sent")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		return nil, err
	}
	// A time without a fraction: the same in every recording but for the day.
	if err := os.Chtimes(path, time.Time{}, time.Unix(1767225600, 0)); err != nil {
		return nil, err
	}
	return upload.OpenSource(path)
}

// send sends a file on a connection of its own, which wrap may change.
func (p *post) send(ctx context.Context, r *ladder.Recorder, addr, as, text string, wrap func(net.Conn) net.Conn) error {
	src, err := p.file(text)
	if err != nil {
		return err
	}
	defer src.Close()
	return client(ctx, r, addr, func(conn net.Conn) error {
		if wrap != nil {
			conn = wrap(conn)
		}
		_, err := newClient().Send(conn, src, as)
		// Refused or not: close, and wait for the server to do so too.
		return errors.Join(err, upload.Finish(conn, wait))
	})
}

// posting is a scene's act with a server that receives into a folder of its
// own: clients is told where to dial, and check looks at the end at what there
// is, where neither the client nor the recording tells it.
func (p *post) posting(clients func(ctx context.Context, r *ladder.Recorder, addr string) error, check func() error) action {
	return func(ctx context.Context, r *ladder.Recorder) (err error) {
		if p.dir, err = os.MkdirTemp("", "dialtone-"); err != nil {
			return err
		}
		defer os.RemoveAll(p.dir)
		ln, err := phone(r, "server")
		if err != nil {
			return err
		}
		told := make(chan resumable.Record, 100)
		err = receiving(ctx, p.dir, readable{ln}, func(r resumable.Record) { told <- r }, func() error { return clients(ctx, r, ln.Addr().String()) })
		close(told)
		p.records = nil
		for r := range told {
			p.records = append(p.records, r)
		}
		if err == nil && check != nil {
			err = check()
		}
		return err
	}
}

// receiving runs a server on ln that stores what comes under dir, until
// clients is done.
func receiving(ctx context.Context, dir string, ln net.Listener, report func(resumable.Record), clients func() error) error {
	defer ln.Close()
	folder, err := resumable.OpenFolder(filepath.Join(dir, "uploads"))
	if err != nil {
		return err
	}
	defer folder.Close()
	folder.Sync = nil
	server := resumable.NewServer(folder)
	server.IdleTimeout, server.Report = wait, report
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return both(func() error { return server.Serve(ctx, ln) }, func() error {
		defer stop()
		return clients()
	})
}

func newClient() *resumable.Client {
	c := resumable.NewClient()
	c.Timeout, c.Digest = wait, resumable.CRC32C
	return c
}

// small is every byte of an upload.
func small() Scene {
	var p post
	sc := scene("small", nil, p.posting(func(ctx context.Context, r *ladder.Recorder, addr string) error {
		return p.send(ctx, r, addr, "hello.txt", "hello baby~", nil)
	}, nil), order(nth(1, begun("client", ladder.Write)), begun("server", ladder.Write)))
	sc.after = func(s *stage) error { return s.told("small", nil, taken(s.played(), s.lang)) }
	return sc
}

// backToBack is protocol 1: the source's, where the server never speaks.
func backToBack() Scene {
	var p post
	return scene("back-to-back", nil, p.posting(func(ctx context.Context, r *ladder.Recorder, addr string) error {
		return client(ctx, r, addr, func(conn net.Conn) error {
			for _, text := range []string{strings.Repeat("a", 300), strings.Repeat("b", 5000)} {
				src, err := p.file(text)
				if err != nil {
					return err
				}
				err = newClient().Client.Send(conn, src, text[:1]+".txt")
				if err = errors.Join(err, src.Close()); err != nil {
					return err
				}
			}
			return upload.Finish(conn, wait)
		})
	}, func() error {
		if len(p.records) != 2 || p.records[0].Err != nil || p.records[1].Err != nil {
			return fmt.Errorf("want two files stored, have %v", p.records)
		}
		return nil
	}), ends(nth(0, done("client", ladder.Read)), "", "ECONN.+", "EOF"))
}

// comesBack is a client that dies half-way, and comes back.
func comesBack(size, dies int) Scene {
	var p post
	return scene("comes-back", vars{"film": size, "dies": dies}, p.posting(func(ctx context.Context, r *ladder.Recorder, addr string) error {
		film := strings.Repeat("0123456789abcdef", size/16+1)[:size]
		hangsUp, hungUp := sighting("the server's end")
		r.Watch(func(e ladder.Event) {
			if e.Kind == ladder.Close && e.Who == "server" {
				hangsUp()
			}
		})
		err := p.send(ctx, r, addr, "film.mp4", film, func(c net.Conn) net.Conn { return &dying{Conn: c, left: dies} })
		if !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("want the client dead, have %w", err)
		}
		// The server has seen the end too: no line of it comes below.
		if err := hungUp(); err != nil {
			return err
		}
		r.Note("", "The same command again.", "再运行一遍同样的命令。")
		return p.send(ctx, r, addr, "film.mp4", film, nil)
	}, nil), func(ev []ladder.Event) ([]int, []ladder.Event) {
		right, seen := says("server", `"offset":0`, `"offset":`, `"refused"`)(ev)
		return right, append(seen, slices.DeleteFunc(begun("client", ladder.Write)(ev), func(e ladder.Event) bool {
			return len(seen) == 0 || e.Seq < seen[0].Seq
		})...)
	}).finds(func(*stage) vars {
		last := p.records[len(p.records)-1]
		return vars{"film": size, "offset": last.Offset, "moved": last.Moved}
	})
}

// refusedName is a name that leads out of the folder.
func refusedName(name string) Scene {
	var p post
	bad := upload.CheckName(name)
	v := vars{"name": ladder.Cut(upload.Show(name), 50), "base": ladder.Cut(path.Base(name), 50)}
	sc := scene("refused", v, p.posting(func(ctx context.Context, r *ladder.Recorder, addr string) error {
		if bad == nil {
			return p.send(ctx, r, addr, name, "hello baby~", nil)
		}
		return client(ctx, r, addr, func(conn net.Conn) error {
			// Our own client would not send it.
			err := upload.WriteFrame(conn, resumable.Offer{Header: upload.Header{Name: name, Size: 9}, Protocol: 2, Digest: resumable.None})
			return errors.Join(err, upload.Finish(conn, wait))
		})
	}, nil), says("server", `"refused"`, `"send"`))
	if !strings.HasPrefix(name, "../") {
		sc.Title = wordsOf("refused", v)["="][1]
	}
	sc.after = func(s *stage) error {
		switch err := p.records[0].Err; {
		case bad != nil && !errors.Is(err, upload.ErrName):
			return fmt.Errorf("want it refused for its name, got %v", err)
		case bad != nil:
			s.Say("Refused before a byte of the file was sent, and with a reason. The server's own line:", "文件内容一个字节都没发，就被拒绝了，还说明了原因。服务端自己的记录：")
		}
		return s.Say("  "+p.records[0].String(), "  "+p.records[0].String())
	}
	return sc
}

// corrupted is a byte that goes bad on the way.
func corrupted() Scene {
	var p post
	return scene("corrupted", nil, p.posting(func(ctx context.Context, r *ladder.Recorder, addr string) error {
		err := p.send(ctx, r, addr, "film.mp4", strings.Repeat("0123456789", 30), func(c net.Conn) net.Conn { return &flipping{c.(duplex), 2, 77} })
		if !errors.Is(err, resumable.ErrRefused) {
			return fmt.Errorf("want it refused, have %w", err)
		}
		return nil
	}, nil), says("server", `"refused"`, `"stored"`))
}
