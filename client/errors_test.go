package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestAnErrorTellsWhatTheCallerMayDo(t *testing.T) {
	late := errors.New("late")
	for _, test := range []struct {
		e    Error
		want string
	}{
		{Error{Unavailable, "put", "k", late}, `put "k": late; nothing happened, so it may be tried again`},
		{Error{Unknown, "put", "k", late}, `put "k": late; it may or may not take effect, so look before trying again`},
		{Error{Overloaded, "put", "k", late}, `put "k": late; overloaded: nothing happened, so it may be tried again, later and more slowly`},
		{Error{Invalid, "size", "", late}, `size: late; it can never take effect as it is`},
	} {
		if got := test.e.Error(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestAnErrorIsItsCodeAndItsCause(t *testing.T) {
	var err error = fmt.Errorf("outer: %w", &Error{Unknown, "put", "k", context.Canceled})
	if !errors.Is(err, ErrUnknown) || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrInvalid) {
		t.Error("the code is not told by errors.Is")
	}
	var full error = &Error{Overloaded, "put", "k", errCrowded}
	if !errors.Is(full, ErrOverloaded) || !errors.Is(full, ErrUnavailable) || errors.Is(full, ErrUnknown) || errors.Is(err, ErrOverloaded) {
		t.Error("Overloaded is told as itself, and as Unavailable")
	}
	if !errors.Is(err, context.Canceled) {
		t.Error("the cause is not told by errors.Is")
	}
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != Unknown {
		t.Error("the code is not told by errors.As")
	}
}

func TestALongKeyIsCutInTexts(t *testing.T) {
	e := &Error{Unknown, "put", strings.Repeat("k", 5000), errors.New("late")}
	if text := e.Error(); len(text) > 300 || !strings.Contains(text, "(5000 bytes)") {
		t.Error(text)
	}
}
