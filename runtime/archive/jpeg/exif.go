package jpeg

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// The tags of Exif 2.32 that are written.
const (
	tagDescription     = 0x010E
	tagMake            = 0x010F
	tagModel           = 0x0110
	tagSoftware        = 0x0131
	tagExif            = 0x8769
	tagExifVersion     = 0x9000
	tagTimeOriginal    = 0x9003
	tagTimeDigitized   = 0x9004
	tagOffsetOriginal  = 0x9011
	tagOffsetDigitized = 0x9012
	tagSubSecOriginal  = 0x9291
	tagSubSecDigitized = 0x9292
	software           = "hiklua"
	exifHeader         = "Exif\x00\x00"
	maxSegment         = 0xFFFF - 2 // bytes of content
	maxText            = 1000       // bytes of one value
	exifTime           = "2006:01:02 15:04:05"
)

// exif is the content of an EXIF segment with what s says. It keeps what a
// camera has put into its own, old, with all that old points to; what s says of
// the time and in words takes its place. time is that of the camera's own, as
// it wrote it.
func (s *Stamp) exif(old []byte) (content []byte, cameraTime string) {
	if old != nil {
		if merged, cameraTime, err := s.merge(old); err == nil {
			return merged, cameraTime
		}
		return old, "" // what cannot be read is left as it is
	}
	t := newTIFF()
	main := &directory{fields: []field{text(tagSoftware, software)}}
	s.write(t, main, &directory{})
	return append([]byte(exifHeader), t.data...), ""
}

// merge puts what s says into a camera's own EXIF.
func (s *Stamp) merge(old []byte) (content []byte, cameraTime string, err error) {
	t, err := parseTIFF(old[len(exifHeader):])
	if err != nil {
		return nil, "", err
	}
	main, err := t.directory(t.first())
	if err != nil {
		return nil, "", err
	}
	if t.text(main.find(tagSoftware)) == software && main.next == 0 {
		content, _ = s.exif(nil) // it is of an archive already
		return content, "", nil
	}
	exif := &directory{}
	if f := main.find(tagExif); f != nil {
		if exif, err = t.directory(t.order.Uint32(f.value[:])); err != nil {
			return nil, "", err
		}
	}
	cameraTime = t.text(exif.find(tagTimeOriginal))
	s.write(t, main, exif)
	content = append([]byte(exifHeader), t.data...)
	if len(content) > maxSegment {
		return nil, "", errDamaged
	}
	return content, cameraTime, nil
}

// write puts what s says into the two directories and appends them.
func (s *Stamp) write(t *tiff, main, exif *directory) {
	set := func(d *directory, tag uint16, value string) {
		if value != "" {
			d.set(text(tag, clean(value)))
		}
	}
	set(main, tagDescription, s.Description)
	if main.find(tagMake) == nil {
		set(main, tagMake, s.Make)
	}
	if main.find(tagModel) == nil {
		set(main, tagModel, s.Model)
	}
	if exif.find(tagExifVersion) == nil {
		exif.set(field{tag: tagExifVersion, kind: typeUndefined, count: 4, data: []byte("0232")})
	}
	if !s.Taken.IsZero() {
		for _, tags := range [][3]uint16{
			{tagTimeOriginal, tagOffsetOriginal, tagSubSecOriginal},
			{tagTimeDigitized, tagOffsetDigitized, tagSubSecDigitized},
		} {
			set(exif, tags[0], s.Taken.Format(exifTime))
			set(exif, tags[1], s.Taken.Format("-07:00"))
			set(exif, tags[2], fmt.Sprintf("%03d", s.Taken.Nanosecond()/int(time.Millisecond)))
		}
	}
	main.set(t.long(tagExif, t.append(exif)))
	t.begin(t.append(main))
}

// clean leaves out what ends a text, and bounds it.
func clean(value string) string {
	value = strings.ToValidUTF8(strings.ReplaceAll(value, "\x00", ""), "")
	if len(value) > maxText {
		value = strings.ToValidUTF8(value[:maxText], "")
	}
	return value
}

func isEXIF(content []byte) bool { return bytes.HasPrefix(content, []byte(exifHeader)) }
