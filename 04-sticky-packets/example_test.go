package sticky_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	sticky "example.com/dialtone/04-sticky-packets"
)

// Three messages, one of them empty, as they travel.
func ExampleWriteFrame() {
	var wire bytes.Buffer
	for _, message := range []string{"hello baby~", "", "你好"} {
		if err := sticky.WriteFrame(&wire, []byte(message), 1024); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Print(hex.Dump(wire.Bytes()))
	// Output:
	// 00000000  00 00 00 0b 68 65 6c 6c  6f 20 62 61 62 79 7e 00  |....hello baby~.|
	// 00000010  00 00 00 00 00 00 06 e4  bd a0 e5 a5 bd           |.............|
}

// However the bytes arrive, the messages are the same.
func ExampleReader() {
	wire := "\x00\x00\x00\x0bhello baby~" + "\x00\x00\x00\x00" + "\x00\x00\x00\x06你"
	messages := sticky.NewReader(strings.NewReader(wire), 1024)
	for {
		p, err := messages.Next()
		if err == io.EOF {
			fmt.Println("the other side closed, between two messages")
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q\n", p)
	}
	// Output:
	// "hello baby~"
	// ""
	// frame cut after 7 of 10 bytes: unexpected EOF
}

func ExampleReadFrame_tooLarge() {
	_, err := sticky.ReadFrame(strings.NewReader("GET / HTTP/1.1\r\n"), 1<<20)
	fmt.Println(errors.Is(err, sticky.ErrTooLarge))
	fmt.Println(sticky.Explain(err))
	// Output:
	// true
	// message of 1195725856 bytes: the maximum is 1048576; that length is "GET ": is a browser calling?
}

func ExampleLines() {
	for line, err := range sticky.Lines(strings.NewReader("one\n\n你好\ncut o"), 80) {
		fmt.Printf("%q %v\n", line, err)
	}
	// Output:
	// "one" <nil>
	// "" <nil>
	// "你好" <nil>
	// "" unexpected EOF
}

func ExampleReadReading() {
	var wire bytes.Buffer
	sticky.WriteReading(&wire, sticky.Reading{Unix: 1, Celsius: 36.5})
	fmt.Printf("% x\n", wire.Bytes())
	fmt.Println(sticky.ReadReading(&wire))
	fmt.Println(sticky.ReadReading(&wire))
	// Output:
	// 00 00 00 00 00 00 00 01 42 12 00 00
	// {1 36.5} <nil>
	// {0 0} EOF
}

func ExampleJSON() {
	type word struct{ Text string }
	wire := strings.NewReader(`{"Text":"one"}{"Text":"二"}{"Text":`)
	for v, err := range sticky.JSON[word](wire, 1024) {
		fmt.Println(v, err)
	}
	// Output:
	// {one} <nil>
	// {二} <nil>
	// {} unexpected EOF
}

func ExampleReadTLV() {
	var wire bytes.Buffer
	sticky.WriteTLV(&wire, 'x', []byte("what is this?"), 1024)
	sticky.WriteTLV(&wire, 't', []byte("hello baby~"), 1024)
	for {
		kind, value, err := sticky.ReadTLV(&wire, 1024)
		switch {
		case err != nil:
			fmt.Println(err)
			return
		case kind == 't':
			fmt.Println("text:", string(value))
		default:
			fmt.Println("skip", len(value), "bytes of a kind I do not know")
		}
	}
	// Output:
	// skip 13 bytes of a kind I do not know
	// text: hello baby~
	// EOF
}
