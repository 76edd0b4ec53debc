package actorstest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/actors"
)

var fileChecks = []Check{
	{"a sealed file is there, also after a crash", sealedFileIsThere},
	{"a file that was not sealed leaves nothing", draftLeavesNothing},
	{"a crash during a seal leaves a whole file or nothing", sealIsAtomic},
	{"a sealed file takes nothing more", sealedFileTakesNothing},
	{"what is asked about one file is answered in order", filesAnswerInOrder},
	{"a removed file is gone, also after a crash", removedFileIsGone},
	{"a removed file frees its name", removedFileBeginsAnew},
	{"a damaged piece is told from a file that is not there", damageIsToldFromAbsence},
	{"files and nodes do not mix", filesAreSeparate},
}

const fileName = "snapshot-3-100-7"

// filePieces is how many pieces the files of the checks have.
const filePieces = 12

// piece returns the piece of that number of a file. Sizes go from one byte to the
// largest.
func piece(file string, number int) []byte {
	sizes := []int{100, 1, 5000, actors.MaxPieceBytes, 27, 4096, 70_000}
	b := bytes.Repeat([]byte{byte(number), file[len(file)-1], 'p'}, sizes[number%len(sizes)]/3+1)
	return b[:sizes[number%len(sizes)]]
}

// writePieces writes the pieces 0 to n-1.
func writePieces(d actors.Disk, file string, n int) {
	for number := range n {
		d.WriteFile(file, piece(file, number))
	}
}

// storeFile writes and seals a file of n pieces on a node.
func storeFile(w World, c *clerk, node actors.NodeID, file string, n int) error {
	already := len(received[actors.FileSealed](&c.probe))
	sealed, err := ask[actors.FileSealed](w, c, node, already+1, func(d actors.Disk) {
		writePieces(d, file, n)
		d.SealFile(file)
	})
	if err != nil {
		return err
	}
	if want := (actors.FileSealed{File: file, Pieces: n}); sealed[already] != want {
		return fmt.Errorf("the seal answered %+v, want %+v", sealed[already], want)
	}
	return nil
}

// readFile reads one piece on a node.
func readFile(w World, c *clerk, node actors.NodeID, file string, number int) (actors.FileRead, error) {
	already := len(received[actors.FileRead](&c.probe))
	read, err := ask[actors.FileRead](w, c, node, already+1, func(d actors.Disk) { d.ReadFile(file, number) })
	if err != nil {
		return actors.FileRead{}, err
	}
	answer := read[already]
	if answer.File != file || answer.Piece != number {
		return answer, fmt.Errorf("the disk answered about piece %d of %s, want %d of %s",
			answer.Piece, answer.File, number, file)
	}
	return answer, nil
}

// wantFile describes how a file of a node is not one of n pieces. They are read from
// both ends.
func wantFile(w World, c *clerk, node actors.NodeID, file string, n int) error {
	for i := range n {
		number := i / 2
		if i%2 == 1 {
			number = n - 1 - i/2
		}
		if err := wantPiece(w, c, node, file, number, n); err != nil {
			return err
		}
	}
	return nil
}

func wantPiece(w World, c *clerk, node actors.NodeID, file string, number, pieces int) error {
	read, err := readFile(w, c, node, file, number)
	switch {
	case err != nil:
		return err
	case read.Err != nil:
		return fmt.Errorf("the disk failed: %w", read.Err)
	case read.Pieces != pieces:
		return fmt.Errorf("file %s has %d pieces, want %d", file, read.Pieces, pieces)
	case !bytes.Equal(read.Data, piece(file, number)):
		return fmt.Errorf("piece %d of file %s is not as it was written", number, file)
	}
	return nil
}

// wantNoFile describes how there is a file of that name on node 1.
func wantNoFile(w World, c *clerk, file string) error {
	read, err := readFile(w, c, 1, file, 0)
	if err == nil && (!errors.Is(read.Err, actors.ErrNoFile) || errors.Is(read.Err, actors.ErrCorrupt)) {
		err = fmt.Errorf("reading a file that is not there answered %v, want ErrNoFile", read.Err)
	}
	return err
}

// wantFiles describes how the files of node 1 are not those of the names given.
func wantFiles(w World, c *clerk, want ...string) error {
	listed, err := one[actors.FilesListed](w, c, func(d actors.Disk) { d.ListFiles() })
	err = errors.Join(err, listed.Err)
	if err == nil && !slices.Equal(listed.Files, want) {
		err = fmt.Errorf("the files listed are %q, want %q", listed.Files, want)
	}
	return err
}

// removeFile removes a file of node 1.
func removeFile(w World, c *clerk, file string) error {
	removed, err := one[actors.FileRemoved](w, c, func(d actors.Disk) { d.RemoveFile(file) })
	if err == nil && removed.File != file {
		err = fmt.Errorf("the disk answered about file %q, want %q", removed.File, file)
	}
	return errors.Join(err, removed.Err)
}

func sealedFileIsThere(w World) error {
	c := hire(w, 1)
	err := errors.Join(wantFiles(w, c), storeFile(w, c, 1, "b", 1), storeFile(w, c, 1, fileName, filePieces),
		storeFile(w, c, 1, "a", 2))
	for range 3 {
		err = errors.Join(err, wantFiles(w, c, "a", "b", fileName), wantFile(w, c, 1, "a", 2),
			wantFile(w, c, 1, fileName, filePieces))
		if err != nil {
			return err
		}
		c = rehire(w, 1)
	}
	return nil
}

// draft writes n pieces and does not seal them.
func draft(w World, c *clerk, file string, n int) error {
	already := len(received[actors.FileWritten](&c.probe))
	written, err := ask[actors.FileWritten](w, c, 1, already+n, func(d actors.Disk) { writePieces(d, file, n) })
	if err != nil {
		return err
	}
	for i, answer := range written[already:] {
		if want := (actors.FileWritten{File: file, Pieces: i + 1}); answer != want {
			return fmt.Errorf("the write answered %+v, want %+v", answer, want)
		}
	}
	return nil
}

func draftLeavesNothing(w World) error {
	c := hire(w, 1)
	err := errors.Join(draft(w, c, fileName, filePieces), wantFiles(w, c), wantNoFile(w, c, fileName))
	if err != nil {
		return err
	}
	c = rehire(w, 1)
	return errors.Join(wantFiles(w, c), wantNoFile(w, c, fileName),
		storeFile(w, c, 1, fileName, 3), wantFile(w, c, 1, fileName, 3))
}

func sealIsAtomic(w World) error {
	c := hire(w, 1)
	_, err := one[job](w, c, func(d actors.Disk) {
		writePieces(d, fileName, filePieces)
		d.SealFile(fileName)
	})
	c = rehire(w, 1)
	listed, failed := one[actors.FilesListed](w, c, func(d actors.Disk) { d.ListFiles() })
	if err = errors.Join(err, failed, listed.Err); err != nil {
		return err
	}
	if len(listed.Files) > 0 {
		return errors.Join(wantFiles(w, c, fileName), wantFile(w, c, 1, fileName, filePieces))
	}
	return wantNoFile(w, c, fileName)
}

func sealedFileTakesNothing(w World) error {
	c := hire(w, 1)
	if err := storeFile(w, c, 1, fileName, 3); err != nil {
		return err
	}
	written, err := one[actors.FileWritten](w, c, func(d actors.Disk) { d.WriteFile(fileName, []byte("more")) })
	sealed, failed := one[actors.FileSealed](w, c, func(d actors.Disk) { d.SealFile(fileName) })
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	if written.Err == nil || sealed.Err == nil {
		return fmt.Errorf("a sealed file was written with %v and sealed again with %v", written.Err, sealed.Err)
	}
	return errors.Join(wantFile(w, c, 1, fileName, 3), wantFile(w, rehire(w, 1), 1, fileName, 3))
}

// filesAnswerInOrder asks for everything at once, three times over.
func filesAnswerInOrder(w World) error {
	const rounds = 3
	c := hire(w, 1)
	_, err := ask[actors.FileRemoved](w, c, 1, rounds, func(d actors.Disk) {
		for range rounds {
			writePieces(d, fileName, filePieces)
			d.SealFile(fileName)
			d.RemoveFile(fileName)
		}
	})
	var got, want []string
	for _, e := range c.seen() {
		switch e.m.(type) {
		case actors.FileWritten, actors.FileSealed, actors.FileRemoved:
			got = append(got, fmt.Sprintf("%T%+v", e.m, e.m))
		}
	}
	for range rounds {
		for i := range filePieces {
			m := actors.FileWritten{File: fileName, Pieces: i + 1}
			want = append(want, fmt.Sprintf("%T%+v", m, m))
		}
		sealed, removed := actors.FileSealed{File: fileName, Pieces: filePieces}, actors.FileRemoved{File: fileName}
		want = append(want, fmt.Sprintf("%T%+v", sealed, sealed), fmt.Sprintf("%T%+v", removed, removed))
	}
	if !slices.Equal(got, want) {
		err = errors.Join(err, fmt.Errorf("the disk answered %q, want %q", got, want))
	}
	return err
}

func removedFileIsGone(w World) error {
	c := hire(w, 1)
	err := errors.Join(storeFile(w, c, 1, fileName, 3), storeFile(w, c, 1, "other", 2), draft(w, c, "draft", 2),
		wantFile(w, c, 1, fileName, 3), // so that the disk knows it
		removeFile(w, c, fileName), removeFile(w, c, "draft"), removeFile(w, c, "never-written"))
	for range 2 {
		err = errors.Join(err, wantFiles(w, c, "other"), wantNoFile(w, c, fileName), wantNoFile(w, c, "draft"),
			wantFile(w, c, 1, "other", 2))
		if err != nil {
			return err
		}
		c = rehire(w, 1)
	}
	return nil
}

func removedFileBeginsAnew(w World) error {
	c := hire(w, 1)
	err := errors.Join(storeFile(w, c, 1, fileName, 5), wantFile(w, c, 1, fileName, 5), removeFile(w, c, fileName),
		draft(w, c, fileName, 4), removeFile(w, c, fileName),
		storeFile(w, c, 1, fileName, 3), wantFile(w, c, 1, fileName, 3))
	return errors.Join(err, wantFile(w, rehire(w, 1), 1, fileName, 3))
}

func damageIsToldFromAbsence(w World) error {
	const damaged = 2
	c := hire(w, 1)
	err := storeFile(w, c, 1, fileName, filePieces)
	w.Crash(1)
	w.Damage(1, fileName, piece(fileName, damaged))
	w.Restart(1)
	c = hire(w, 1)
	err = errors.Join(err, wantFiles(w, c, fileName), wantNoFile(w, c, "other"),
		wantPiece(w, c, 1, fileName, damaged-1, filePieces), wantPiece(w, c, 1, fileName, damaged+1, filePieces))
	read, failed := readFile(w, c, 1, fileName, damaged)
	if !errors.Is(read.Err, actors.ErrCorrupt) || errors.Is(read.Err, actors.ErrNoFile) || read.Data != nil {
		err = errors.Join(err, fmt.Errorf("reading a damaged piece answered %v, want ErrCorrupt", read.Err))
	}
	beyond, again := readFile(w, c, 1, fileName, filePieces)
	if beyond.Err == nil || errors.Is(beyond.Err, actors.ErrCorrupt) || errors.Is(beyond.Err, actors.ErrNoFile) ||
		beyond.Pieces != filePieces {
		err = errors.Join(err, fmt.Errorf("reading a piece too many answered %v of %d pieces", beyond.Err, beyond.Pieces))
	}
	return errors.Join(err, failed, again)
}

// filesAreSeparate keeps two files on one node, one more of the same name on another,
// and a log of that name.
func filesAreSeparate(w World) error {
	c, far := hire(w, 1), hire(w, 2)
	err := errors.Join(fillLog(w, c, fileName, 4), storeFile(w, c, 1, fileName, 5), storeFile(w, c, 1, "other", 3),
		storeFile(w, far, 2, fileName, 2), wantLogs(w, c, fileName), wantFiles(w, c, "other", fileName))
	if err != nil {
		return err
	}
	c, far = rehire(w, 1), rehire(w, 2)
	return errors.Join(wantFile(w, c, 1, fileName, 5), wantFile(w, c, 1, "other", 3),
		wantFile(w, far, 2, fileName, 2), wantLog(w, c, fileName, 4))
}
