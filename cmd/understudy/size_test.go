package main

import "testing"

func TestSizesAreReadAndPrinted(t *testing.T) {
	for text, want := range map[string]byteSize{
		"0": 0, "4096": 4096, "16B": 16, "16KiB": 16 << 10, "1.5 MiB": 3 << 19, "1GiB": 1 << 30,
	} {
		var s byteSize
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%q is read as %d (%v), not as %d", text, int64(s), err, int64(want))
		}
	}
	for _, text := range []string{"", "KiB", "many", "-1", "1e300GiB", "NaN", "1kB"} {
		var s byteSize
		if err := s.Set(text); err == nil {
			t.Errorf("%q is read as %v", text, s)
		}
	}
	for size, want := range map[byteSize]string{0: "0", 100: "100B", 16 << 10: "16KiB", 3 << 29: "1.5GiB", 1234567: "1.18MiB"} {
		if size.String() != want {
			t.Errorf("%d is printed as %s, not as %s", int64(size), size, want)
		}
	}
}
