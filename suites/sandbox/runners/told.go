// Compiled before a Go program that is judged.
package main

import (
	leitaiFlag "flag"
	leitaiIO "io"
	leitaiOS "os"
	leitaiT "testing"
)

var NUMBER = func() []byte {
	in := leitaiOS.NewFile(3, "job")
	read, _ := leitaiIO.ReadAll(in)
	in.Close()
	for i := range read {
		read[i] ^= 0x5a
	}
	return read
}()

func TestMain(m *leitaiT.M) {
	leitaiOS.Args = leitaiOS.Args[:1]
	code := m.Run()
	status := "assertion"
	all := true
	for name, wanted := range map[string]string{"run": "", "list": "", "skip": "", "count": "1"} {
		one := leitaiFlag.Lookup("test." + name)
		all = all && (one == nil || one.Value.String() == wanted)
	}
	if code == 0 && all {
		status = "pass"
	}
	for i := range NUMBER {
		NUMBER[i] ^= 0x5a
	}
	leitaiOS.NewFile(4, "report").WriteString(string(NUMBER) + "\n" + status + "\n")
	leitaiOS.Exit(0)
}
