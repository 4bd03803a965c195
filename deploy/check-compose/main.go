// Loads compose files as Docker Compose does, by its own library, and prints what they come to: merged,
// with the defaults of variables. Needs no engine. The first that is wrong ends it, with what is wrong.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/sirupsen/logrus"
)

// A warning, such as of a key that is out of date, is a mistake here.
type warnings struct{ told []string }

func (w *warnings) Levels() []logrus.Level { return []logrus.Level{logrus.WarnLevel} }

func (w *warnings) Fire(entry *logrus.Entry) error {
	w.told = append(w.told, entry.Message)
	return nil
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: check-compose FILE...")
		os.Exit(2)
	}
	for _, file := range os.Args[1:] {
		if err := check(file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(1)
		}
	}
}

func check(file string) error {
	warned := &warnings{}
	logrus.AddHook(warned)
	// No environment: what is checked is what a first user has.
	options, err := cli.NewProjectOptions([]string{file}, cli.WithResolvedPaths(true))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	if len(warned.told) > 0 {
		return fmt.Errorf("%s", strings.Join(warned.told, "; "))
	}
	resolved, err := project.MarshalYAML()
	if err != nil {
		return err
	}
	fmt.Printf("# %s\n%s", file, resolved)
	return nil
}
