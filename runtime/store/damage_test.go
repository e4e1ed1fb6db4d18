package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Where things lie in a file of bbolt, format version 2.
const (
	pageHeader  = 16
	elementSize = 16
	flagBranch  = 0x01
	flagLeaf    = 0x02
)

func (s *site) bytes() []byte {
	s.t.Helper()
	data, err := os.ReadFile(s.path)
	must(s.t, err)
	return data
}

// filled is a file with branch pages, overflow pages, small and large buckets.
func filled(t testing.TB) []byte {
	path := filepath.Join(t.TempDir(), "state.db")
	clk := clock.NewVirtual(noon)
	s, err := Open(path, Options{Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	clk.Do(func() {
		for i := range 400 {
			st := s.Script(fmt.Sprint("script ", i%4))
			if err := st.Set(at(fmt.Sprint("key ", i)), strings.Repeat("v", 1+i*i%3000)); err != nil {
				t.Fatal(err)
			}
			st.Set(at("t"), map[any]any{"deep": map[any]any{1: true}})
			if i%50 == 0 {
				st.Sync(context.Background())
			}
		}
		s.SetMoving(context.Background(), gate)
		s.SetLastRun("script 1", "job", noon)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// openDamaged opens a file that holds data, and uses the store.
func openDamaged(t testing.TB, dir string, data []byte) (notice string) {
	path := filepath.Join(dir, "state.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	clk := clock.NewVirtual(noon)
	s, err := Open(path, Options{Clock: clk})
	if err != nil {
		t.Fatal("no start:", err)
	}
	clk.Do(func() {
		st := s.Script("script 1")
		if err := st.Set(at("new"), strings.Repeat("n", 10_000)); err != nil {
			t.Error(err)
		}
		if err := st.Sync(context.Background()); err != nil {
			t.Error(err)
		}
		st.Delete(nil)
		if err := s.SetMoving(context.Background(), yard); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.Notice()
}

func TestADamagedFileIsSetAside(t *testing.T) {
	whole := filled(t)
	pageSize := os.Getpagesize()
	edit := func(f func(b []byte)) []byte {
		b := bytes.Clone(whole)
		f(b)
		return b
	}
	used := int(binary.NativeEndian.Uint64(whole[pageHeader+40:])) // high water mark
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"zeroes", make([]byte, len(whole)), "invalid database"},
		{"text", []byte("no database at all\n"), "invalid database"},
		{"garbage", edit(func(b []byte) { rand.NewChaCha8([32]byte{}).Read(b) }), "invalid database"},
		{"one page", whole[:pageSize], "file size too small"},
		{"truncated", whole[:(used-1)*pageSize], "it is cut off"},
		{"truncated to two pages", whole[:2*pageSize], "it is cut off"},
		{"both first pages", edit(func(b []byte) { b[pageHeader+20]++; b[pageSize+pageHeader+20]++ }), "checksum error"},
		{"all other pages", edit(func(b []byte) { clear(b[2*pageSize:]) }), "it says it is page 0"},
		{"a value", edit(func(b []byte) { b[bytes.LastIndex(b, []byte("vvvv"))]++ }), "the checksum of an entry is wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			notice := openDamaged(t, dir, c.data)
			if !strings.Contains(notice, c.want) || strings.Contains(notice, "\n") {
				t.Errorf("%q, want %q", notice, c.want)
			}
			aside := regexp.MustCompile(`state\.db\.broken-20260304-120000`).FindString(notice)
			if kept, err := os.ReadFile(filepath.Join(dir, aside)); err != nil || !bytes.Equal(kept, c.data) {
				t.Error("the broken file is not kept as it was:", err)
			}
		})
	}
}

// There is nothing to keep of an empty file, and another process may be about
// to begin it.
func TestAnEmptyFileIsBegun(t *testing.T) {
	dir := t.TempDir()
	if notice := openDamaged(t, dir, nil); !strings.Contains(notice, "state.db is empty") {
		t.Error(notice)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Error(entries)
	}
}

// One of the first two pages can be torn by a power cut in the middle of a
// commit; the other one is then good.
func TestATornCommitIsNoDamage(t *testing.T) {
	whole := filled(t)
	for page := range 2 {
		torn := bytes.Clone(whole)
		clear(torn[page*os.Getpagesize()+20:][:40])
		if notice := openDamaged(t, t.TempDir(), torn); notice != "" {
			t.Error(page, notice)
		}
	}
}

// The heads in motion are read first, and survive what can be survived.
func TestHeadsSurviveADamagedFile(t *testing.T) {
	data := filled(t)
	data[bytes.LastIndex(data, []byte("vvvv"))]++
	s := newSite(t)
	s.close()
	must(t, os.WriteFile(s.path, data, 0o600))
	s.open()
	s.clk.RunFor(0)
	if s.Notice() == "" || len(s.AllMoving()) != 1 || len(s.crash().AllMoving()) != 1 {
		t.Error(s.Notice(), s.AllMoving())
	}
}

func TestBrokenFilesDoNotFillTheDisk(t *testing.T) {
	dir := t.TempDir()
	for range 3 * boltfile.KeepBroken {
		openDamaged(t, dir, []byte("broken"))
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1+boltfile.KeepBroken {
		t.Error(entries)
	}
}

// Whatever bytes are wrong, with checksums that are right again: there is
// always a start, and never a panic.
func TestRandomDamage(t *testing.T) {
	whole, broken := filled(t), 0
	random := rand.New(rand.NewPCG(1, 1))
	rounds := 400
	if testing.Short() {
		rounds = 40
	}
	dir := fastDir(t)
	for range rounds {
		data := bytes.Clone(whole)
		damage(data, func(n int) int { return random.IntN(n) })
		if openDamaged(t, dir, data) != "" {
			broken++
		}
	}
	if broken < rounds/10 || broken == rounds {
		t.Errorf("%d of %d were set aside", broken, rounds)
	}
}

// What power cuts and worn cards leave: a file that ends early, sectors of
// zeroes, and pages that another page, or an older one, stands in for.
func TestLostWrites(t *testing.T) {
	whole := filled(t)
	random := rand.New(rand.NewPCG(2, 2))
	pageSize := os.Getpagesize()
	pages := len(whole) / pageSize
	page := func(data []byte, n int) []byte { return data[n*pageSize:][:pageSize] }
	rounds := 20
	if testing.Short() {
		rounds = 10
	}
	for name, lose := range map[string]func(data []byte) []byte{
		"cut off": func(data []byte) []byte { return data[:random.IntN(len(data))] },
		"zeroes":  func(data []byte) []byte { clear(data[random.IntN(len(data)/512)*512:][:512]); return data },
		"a page of zeroes and what follows": func(data []byte) []byte {
			clear(data[random.IntN(pages)*pageSize:])
			return data
		},
		"another page": func(data []byte) []byte {
			copy(page(data, random.IntN(pages)), page(data, random.IntN(pages)))
			return data
		},
		"another page that says it is the right one": func(data []byte) []byte {
			p, id := page(data, 2+random.IntN(pages-2)), make([]byte, 8)
			copy(id, p)
			copy(p, page(data, 2+random.IntN(pages-2)))
			copy(p, id)
			return data
		},
	} {
		t.Run(name, func(t *testing.T) {
			broken, dir := 0, fastDir(t)
			for range rounds {
				if openDamaged(t, dir, lose(bytes.Clone(whole))) != "" {
					broken++
				}
			}
			if broken < rounds/10 {
				t.Errorf("%d of %d were set aside", broken, rounds)
			}
		})
	}
}

// A page that leads to itself, or to nothing: bbolt would go round for ever, or
// find less than there is.
func TestBranchesThatLeadNowhere(t *testing.T) {
	whole := filled(t)
	pageSize, seen := os.Getpagesize(), 0
	for at := 2 * pageSize; at < len(whole); at += pageSize {
		if binary.NativeEndian.Uint16(whole[at+8:]) != flagBranch {
			continue
		}
		id := binary.NativeEndian.Uint64(whole[at:])
		for _, edit := range []func(page []byte){
			func(page []byte) { binary.NativeEndian.PutUint64(page[pageHeader+8:], id) },
			func(page []byte) { binary.NativeEndian.PutUint16(page[10:], 0) },
		} {
			data := bytes.Clone(whole)
			edit(data[at:])
			if openDamaged(t, t.TempDir(), data) != "" {
				seen++
			}
		}
	}
	if seen < 4 {
		t.Errorf("%d were set aside", seen)
	}
}

// Two entries that are whole and stand in the wrong order.
func TestKeysOutOfOrder(t *testing.T) {
	whole, seen := filled(t), 0
	for at := 2 * os.Getpagesize(); at < len(whole) && seen < 10; at += os.Getpagesize() {
		if binary.NativeEndian.Uint16(whole[at+8:]) != flagLeaf || binary.NativeEndian.Uint16(whole[at+10:]) < 2 {
			continue
		}
		data := bytes.Clone(whole)
		first, second := data[at+pageHeader:][:elementSize], data[at+pageHeader+elementSize:][:elementSize]
		one, two := bytes.Clone(first), bytes.Clone(second)
		copy(first, two)
		copy(second, one)
		order := binary.NativeEndian
		order.PutUint32(first[4:], order.Uint32(two[4:])+elementSize) // positions count from the element
		order.PutUint32(second[4:], order.Uint32(one[4:])-elementSize)
		if notice := openDamaged(t, t.TempDir(), data); notice != "" {
			seen++
		}
	}
	if seen < 10 {
		t.Errorf("%d were set aside", seen)
	}
}

// Buckets that all lead back to the page they stand in: without a note of the
// pages that were seen there would be no end of ways through them.
func TestBucketsThatLeadBack(t *testing.T) {
	data := filled(t)
	page, id := os.Getpagesize(), uint64(0)
	for at, newest := 0, uint64(0); at <= page; at += page { // the root of the newer of the first two pages
		if txid := binary.NativeEndian.Uint64(data[at+pageHeader+48:]); txid >= newest {
			newest, id = txid, binary.NativeEndian.Uint64(data[at+pageHeader+16:])
		}
	}
	root := data[int(id)*page:]
	for i := range int(binary.NativeEndian.Uint16(root[10:])) {
		element := root[pageHeader+i*elementSize:]
		value := element[binary.NativeEndian.Uint32(element[4:])+binary.NativeEndian.Uint32(element[8:]):]
		binary.NativeEndian.PutUint64(value, id)
	}
	if notice := openDamaged(t, t.TempDir(), data); !strings.Contains(notice, "is used twice") {
		t.Error(notice)
	}
}

// damage changes some bytes, more often where bbolt keeps its structure.
func damage(data []byte, pick func(n int) int) {
	pageSize := os.Getpagesize()
	for range 1 + pick(3) {
		p := data[pick(len(data)/pageSize)*pageSize:][:pageSize]
		within := len(p)
		if pick(4) > 0 {
			within = 160
		}
		at := pick(within)
		switch pick(3) {
		case 0:
			p[at] = byte(pick(256))
		case 1:
			p[at] ^= 1 << pick(8)
		case 2: // a small number: that of another page, or a count
			clear(p[at : at+min(8, len(p)-at)])
			p[at] = byte(pick(40))
		}
	}
	for page := range 2 {
		b := data[page*pageSize+pageHeader:]
		sum := fnv.New64a()
		sum.Write(b[:56])
		binary.NativeEndian.PutUint64(b[56:], sum.Sum64())
	}
}

func FuzzCheck(f *testing.F) {
	whole := filled(f)
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Add([]byte{0, 3, 1, 200, 2, 9, 2, 4, 0, 2, 1, 12, 2, 8})
	f.Fuzz(func(t *testing.T, script []byte) {
		data := bytes.Clone(whole)
		r := bytes.NewReader(script)
		damage(data, func(n int) int {
			var b [2]byte
			io.ReadFull(r, b[:])
			return int(binary.LittleEndian.Uint16(b[:])) % n
		})
		openDamaged(t, t.TempDir(), data)
	})
}
