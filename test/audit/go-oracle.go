// Go's own notes and proofs against ours. Reads questions as lines of JSON, answers "true" or why not, a line each.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Note, Key, Leaf, OldRoot string
	Hashes                   []string
	Index, OldSize           int64
}

// p256 is what the note package lacks: signature type 2, ECDSA with SHA-256, whose key id is over the key alone.
type p256 struct {
	name string
	key  *ecdsa.PublicKey
	id   uint32
}

func (k p256) Name() string    { return k.name }
func (k p256) KeyHash() uint32 { return k.id }
func (k p256) Verify(msg, sig []byte) bool {
	sum := sha256.Sum256(msg)
	return ecdsa.VerifyASN1(k.key, sum[:], sig)
}

func verifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	blob, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || blob[0] != 2 {
		return note.NewVerifier(vkey)
	}
	parsed, err := x509.ParsePKIXPublicKey(blob[1:])
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(blob[1:])
	return p256{parts[0], parsed.(*ecdsa.PublicKey), binary.BigEndian.Uint32(sum[:])}, nil
}

func hash(text string) (h tlog.Hash) {
	bytes, _ := hex.DecodeString(text)
	copy(h[:], bytes)
	return h
}

func check(q question) error {
	key, err := verifier(q.Key)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(q.Note), note.VerifierList(key))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != key.Name() {
		return fmt.Errorf("not three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	var hashes []tlog.Hash
	for _, one := range q.Hashes {
		hashes = append(hashes, hash(one))
	}
	if q.Leaf != "" {
		leaf, _ := base64.StdEncoding.DecodeString(q.Leaf)
		return tlog.CheckRecord(tlog.RecordProof(hashes), size, root, q.Index, tlog.RecordHash(leaf))
	}
	if q.OldRoot != "" {
		return tlog.CheckTree(tlog.TreeProof(hashes), size, root, q.OldSize, hash(q.OldRoot))
	}
	return nil
}

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<24)
	for input.Scan() {
		var q question
		err := json.Unmarshal(input.Bytes(), &q)
		if err == nil {
			err = check(q)
		}
		if err == nil {
			fmt.Println("true")
		} else {
			fmt.Println(err)
		}
	}
}
