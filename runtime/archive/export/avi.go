package export

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// maxSegment is how large one RIFF of a file becomes, in bytes. Players of the
// first generation read only the first, newer ones as many as there are
// (OpenDML 1.02), so that the file itself may be larger than 2 GB.
const maxSegment = 1 << 30

// maxSegments is for how many segments there is room in the index at the head
// of the file.
const maxSegments = 1024

// aviFile is what an AVI is written to. It is written from front to back, but
// for sizes and the index of the indexes, which stand before what they count.
type aviFile interface {
	io.Writer
	io.WriterAt
}

// aviWriter writes Motion JPEG as an AVI of OpenDML: each picture a frame.
type aviWriter struct {
	file    aviFile
	segment int64 // maxSegment, but in tests
	buffer  bytes.Buffer
	flushed int64 // bytes that are in file

	// Where what is known at the end stands in the head.
	totalFrames, mostBytes, length, buffers, indexes, odmlFrames int64

	riff, movi int64 // where the current segment and its list of frames begin
	frames     []aviFrame
	done       []aviSegment
	first      int // frames of the first segment
	total      int
	largest    int
	rate       frameRate
}

// aviFrame is where a picture stands: its first byte in the file, its length.
type aviFrame struct {
	offset int64
	size   int
}

// aviSegment is the index of a segment as the head names it.
type aviSegment struct {
	index int64 // where the index begins
	size  int   // of the index
	count int   // its frames
}

// frameRate is in frames a second, as a fraction.
type frameRate struct{ num, den uint32 }

func newFrameRate(fps float64) frameRate {
	num, den := uint32(math.Round(fps*1000)), uint32(1000)
	a, b := num, den
	for b != 0 {
		a, b = b, a%b
	}
	return frameRate{num / a, den / a}
}

func (r frameRate) String() string { return fmt.Sprintf("%d/%d", r.num, r.den) }

// bufferSize is how much of a file is written at once.
const bufferSize = 1 << 20

func newAVIWriter(file aviFile, width, height int, rate frameRate) (*aviWriter, error) {
	a := &aviWriter{file: file, segment: maxSegment, rate: rate}
	a.riff = a.open("RIFF", "AVI ")
	hdrl := a.open("LIST", "hdrl")
	avih := a.open("avih", "")
	a.put32(uint32(1e6 * uint64(rate.den) / uint64(rate.num)))
	a.mostBytes = a.put32(0)
	a.put32(0)    // no padding
	a.put32(0x10) // it has an index
	a.totalFrames = a.put32(0)
	a.put32(0) // no frames before the first
	a.put32(1) // streams
	a.put32(0) // buffers: see the stream's
	a.put32(uint32(width))
	a.put32(uint32(height))
	a.put32(0, 0, 0, 0)
	a.closeBuffered(avih)
	strl := a.open("LIST", "strl")
	strh := a.open("strh", "")
	a.buffer.WriteString("vidsMJPG")
	a.put32(0, 0, 0) // flags, priority and language, frames before the first
	a.put32(rate.den, rate.num)
	a.put32(0) // it begins at once
	a.length = a.put32(0)
	a.buffers = a.put32(0)
	a.put32(math.MaxUint32, 0) // quality: not told; samples vary in size
	a.put16(0, 0, uint16(width), uint16(height))
	a.closeBuffered(strh)
	strf := a.open("strf", "")
	a.put32(40, uint32(width), uint32(height))
	a.put16(1, 24)
	a.buffer.WriteString("MJPG")
	a.put32(uint32(width*height*3), 0, 0, 0, 0)
	a.closeBuffered(strf)
	indx := a.open("indx", "")
	a.put16(4, 0) // four longs an entry; an index of indexes
	a.indexes = a.put32(0)
	a.buffer.WriteString(frameID)
	a.put32(0, 0, 0)
	a.buffer.Write(make([]byte, 16*maxSegments))
	a.closeBuffered(indx)
	a.closeBuffered(strl)
	odml := a.open("LIST", "odml")
	dmlh := a.open("dmlh", "")
	a.odmlFrames = a.put32(0)
	a.put32(make([]uint32, 61)...)
	a.closeBuffered(dmlh)
	a.closeBuffered(odml)
	a.closeBuffered(hdrl)
	a.movi = a.open("LIST", "movi")
	return a, a.flush()
}

// frameID names the chunks of frames: stream 0, compressed pictures.
const frameID = "00dc"

// frame adds a picture.
func (a *aviWriter) frame(jpeg []byte) error {
	next := a.at() + int64(len(jpeg)) + 10 + int64(len(a.frames)+1)*24
	if len(a.frames) > 0 && next-a.riff > a.segment {
		if err := a.endSegment(); err != nil {
			return err
		}
		if len(a.done) == maxSegments {
			return fmt.Errorf("the time lapse would become larger than %d GB: export it in parts, by --from and --till", maxSegments*maxSegment>>30)
		}
		a.riff = a.open("RIFF", "AVIX")
		a.movi = a.open("LIST", "movi")
	}
	begin := a.open(frameID, "")
	a.frames = append(a.frames, aviFrame{begin + 8, len(jpeg)})
	a.largest = max(a.largest, len(jpeg))
	a.total++
	a.patchBuffered(begin+4, uint32(len(jpeg)))
	a.buffer.Write(jpeg)
	a.pad()
	if a.buffer.Len() >= bufferSize {
		return a.flush()
	}
	return nil
}

// endSegment writes the indexes of the current segment, and its sizes.
func (a *aviWriter) endSegment() error {
	index := a.open("ix00", "")
	a.put16(2, 0x0100) // two longs an entry; an index of chunks
	a.put32(uint32(len(a.frames)))
	a.buffer.WriteString(frameID)
	a.put32(uint32(a.riff), uint32(a.riff>>32), 0)
	for _, f := range a.frames {
		a.put32(uint32(f.offset-a.riff), uint32(f.size))
	}
	end := a.at()
	a.patchBuffered(index+4, uint32(end-index-8))
	a.done = append(a.done, aviSegment{index, int(end - index), len(a.frames)})
	a.pad()
	movi := a.at()
	if len(a.done) == 1 {
		a.first = len(a.frames)
		old := a.open("idx1", "")
		for _, f := range a.frames {
			a.buffer.WriteString(frameID)
			a.put32(0x10, uint32(f.offset-8-(a.movi+8)), uint32(f.size)) // each is a key frame
		}
		a.patchBuffered(old+4, uint32(a.at()-old-8))
	}
	end = a.at()
	a.frames = a.frames[:0]
	if err := a.flush(); err != nil {
		return err
	}
	if err := a.patch(a.movi+4, uint32(movi-a.movi-8)); err != nil {
		return err
	}
	return a.patch(a.riff+4, uint32(end-a.riff-8))
}

// close completes the file; without a frame it is none.
func (a *aviWriter) close() error {
	if err := a.endSegment(); err != nil {
		return err
	}
	perSecond := uint64(a.largest) * uint64(a.rate.num) / uint64(a.rate.den)
	entries := make([]byte, 0, 16*len(a.done))
	for _, s := range a.done {
		entries = binary.LittleEndian.AppendUint64(entries, uint64(s.index))
		entries = binary.LittleEndian.AppendUint32(entries, uint32(s.size))
		entries = binary.LittleEndian.AppendUint32(entries, uint32(s.count))
	}
	if _, err := a.file.WriteAt(entries, a.indexes+4+16); err != nil {
		return err
	}
	for _, p := range []struct {
		at    int64
		value int
	}{
		{a.totalFrames, a.first}, {a.mostBytes, int(min(perSecond, math.MaxUint32))}, {a.length, a.total},
		{a.buffers, a.largest + 8}, {a.indexes, len(a.done)}, {a.odmlFrames, a.total},
	} {
		if err := a.patch(p.at, uint32(p.value)); err != nil {
			return err
		}
	}
	return nil
}

// at is where the next byte goes.
func (a *aviWriter) at() int64 { return a.flushed + int64(a.buffer.Len()) }

// open begins a chunk and returns where. A form or list has a kind.
func (a *aviWriter) open(id, kind string) int64 {
	begin := a.at()
	a.buffer.WriteString(id)
	a.put32(0)
	a.buffer.WriteString(kind)
	return begin
}

// closeBuffered ends a chunk that is not flushed yet.
func (a *aviWriter) closeBuffered(begin int64) {
	a.patchBuffered(begin+4, uint32(a.at()-begin-8))
	a.pad()
}

// pad makes the length even, as chunks have to begin.
func (a *aviWriter) pad() {
	if a.at()%2 != 0 {
		a.buffer.WriteByte(0)
	}
}

func (a *aviWriter) put16(values ...uint16) {
	for _, v := range values {
		a.buffer.Write(binary.LittleEndian.AppendUint16(a.buffer.AvailableBuffer(), v))
	}
}

// put32 writes numbers and returns where they stand.
func (a *aviWriter) put32(values ...uint32) int64 {
	at := a.at()
	for _, v := range values {
		a.buffer.Write(binary.LittleEndian.AppendUint32(a.buffer.AvailableBuffer(), v))
	}
	return at
}

func (a *aviWriter) patchBuffered(at int64, value uint32) {
	binary.LittleEndian.PutUint32(a.buffer.Bytes()[at-a.flushed:], value)
}

func (a *aviWriter) patch(at int64, value uint32) error {
	_, err := a.file.WriteAt(binary.LittleEndian.AppendUint32(nil, value), at)
	return err
}

func (a *aviWriter) flush() error {
	n, err := a.file.Write(a.buffer.Bytes())
	a.flushed += int64(n)
	a.buffer.Reset()
	return err
}
