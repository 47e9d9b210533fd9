// Judges notes, cosignatures and proofs by implementations that are not this project's: Go's own (golang.org/x/mod/sumdb), from which the
// C2SP formats come, and that of the transparency-dev witnesses for cosignatures. Reads a case as JSON on stdin, writes what does not hold.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	f_note "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Size, Index int64
	Root, Leaf  []byte
	Proof       [][]byte
}

type consistency struct {
	First, Second         int64
	FirstRoot, SecondRoot []byte
	Proof                 [][]byte
}

type question struct {
	Keys        []string
	Witnesses   []string
	Notes       []string
	Inclusion   []inclusion
	Consistency []consistency
}

type answer struct {
	Signers [][]string
	Faults  []string
}

func hash(b []byte) (h tlog.Hash) {
	copy(h[:], b)
	return h
}

func hashes(all [][]byte) (found []tlog.Hash) {
	for _, b := range all {
		found = append(found, hash(b))
	}
	return found
}

func main() {
	var q question
	if err := json.NewDecoder(os.Stdin).Decode(&q); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	a := answer{Signers: [][]string{}, Faults: []string{}}
	fault := func(what string, at int, err error) {
		a.Faults = append(a.Faults, fmt.Sprintf("%s %d: %v", what, at, err))
	}
	var known []note.Verifier
	for i, key := range q.Keys {
		v, err := note.NewVerifier(key)
		if err != nil {
			fault("key", i, err)
			continue
		}
		known = append(known, v)
	}
	for i, key := range q.Witnesses {
		v, err := f_note.NewVerifierForCosignatureV1(key)
		if err != nil {
			fault("witness", i, err)
			continue
		}
		known = append(known, v)
	}
	for i, text := range q.Notes {
		opened, err := note.Open([]byte(text), note.VerifierList(known...))
		signers := []string{}
		if err != nil {
			fault("note", i, err)
		} else {
			for _, s := range opened.Sigs {
				signers = append(signers, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
			}
		}
		a.Signers = append(a.Signers, signers)
	}
	for i, p := range q.Inclusion {
		if err := tlog.CheckRecord(hashes(p.Proof), p.Size, hash(p.Root), p.Index, hash(p.Leaf)); err != nil {
			fault("inclusion", i, err)
		}
	}
	for i, p := range q.Consistency {
		if err := tlog.CheckTree(hashes(p.Proof), p.Second, hash(p.SecondRoot), p.First, hash(p.FirstRoot)); err != nil {
			fault("consistency", i, err)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		os.Exit(2)
	}
}
