package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/client"
)

func newGet() *cobra.Command {
	var f clientFlags
	var file string
	cmd := &cobra.Command{
		Use:   "get KEY",
		Short: "Print the value of a key; exit code 1 if there is none",
		Long: `Get prints the value of a key, however long it is, and a line break. With --file it writes
the value, and nothing else, to a file. Give long values a longer --timeout.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), cmd.ErrOrStderr(), func(ctx context.Context, c *client.Client) error {
				if file != "" {
					return getFile(ctx, c, args[0], file)
				}
				return get(ctx, c, args[0], cmd.OutOrStdout())
			})
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&file, "file", "", "write the value to this file")
	return cmd
}

func get(ctx context.Context, c *client.Client, key string, out io.Writer) error {
	if err := download(ctx, c, key, out); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// getFile writes the whole value to a file, or leaves what is there as it is.
func getFile(ctx context.Context, c *client.Client, key, path string) error {
	part, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	err = errors.Join(download(ctx, c, key, part), part.Close())
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return os.Rename(part.Name(), path)
}

func download(ctx context.Context, c *client.Client, key string, out io.Writer) error {
	_, found, err := c.Download(ctx, key, out)
	if err == nil && !found {
		err = errAbsent
	}
	return err
}

func newPut() *cobra.Command {
	var f clientFlags
	var file string
	cmd := &cobra.Command{
		Use:   "put KEY VALUE | put KEY --file FILE",
		Short: "Set the value of a key",
		Long: `Put sets the value of a key. With --file the value is what a file holds, or for - what
comes on the standard input, up to 512 MiB. A value of more than 4 MiB is written piece
by piece: others see the beginning of it meanwhile, and if that is interrupted it is what
remains. Give it a longer --timeout.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if file != "" {
				return exactly(1)(cmd, args)
			}
			return exactly(2)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), cmd.ErrOrStderr(), func(ctx context.Context, c *client.Client) error {
				switch file {
				case "":
					return c.Put(ctx, args[0], []byte(args[1]))
				case "-":
					return upload(ctx, c, args[0], cmd.InOrStdin())
				}
				return putFile(ctx, c, args[0], file)
			})
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&file, "file", "", "take the value from this file; - is the standard input")
	return cmd
}

func putFile(ctx context.Context, c *client.Client, key, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	return upload(ctx, c, key, in)
}

// upload says how far it came: so much of the value is there.
func upload(ctx context.Context, c *client.Client, key string, in io.Reader) error {
	size, err := c.Upload(ctx, key, in)
	if err != nil && size > 0 {
		err = fmt.Errorf("the first %d bytes were written: %w", size, err)
	}
	return err
}
