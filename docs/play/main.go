// Play plays a lesson: both ends in one process, on ports that are free,
// drawn as a ladder while it happens.
//
//	go run ./docs/play [flags] LESSON [the lesson's flags…]
//	go run ./docs/play -from FILE.jsonl
//	go run ./docs/play error [NAME]
//	go run ./docs/play explain LINE…
//
// It ends by itself. -h lists the flags.
package main

import "example.com/dialtone/docs/scenes"

func main() { scenes.Main() }
