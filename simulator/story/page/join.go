package page

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Modules import and export in these forms alone, each at the beginning of a line.
var (
	imports = regexp.MustCompile(`(?m)^import \{([^}]*)\} from "((?:\./|\.\./\.\./[a-z]+/)[a-z-]+\.js)";\n`)
	exports = regexp.MustCompile(`(?m)^export ((?:async )?function\*?|class|const) ([A-Za-z]+)`)
	others  = regexp.MustCompile(`(?m)^(?:import|export)\b.*`)
)

// sources are the modules of a page: the files of each folder, by its place among the sources.
type sources map[string]fs.FS

func (s sources) read(name string) ([]byte, error) {
	files := s[path.Dir(name)]
	if files == nil {
		return nil, fmt.Errorf("there is no module %s", name)
	}
	return fs.ReadFile(files, path.Base(name))
}

// joined makes one script of a module and all that it imports. Each module keeps a scope of its
// own, so that names need be no others than in the sources.
func joined(all sources, main string) ([]byte, error) {
	j := joiner{sources: all, state: map[string]int{}}
	j.text.WriteString("\"use strict\";\n")
	if err := j.add(main); err != nil {
		return nil, err
	}
	return []byte(j.text.String()), nil
}

type joiner struct {
	sources sources
	state   map[string]int // of each module: 1 while what it imports is added, 2 once it is there itself
	text    strings.Builder
}

func (j *joiner) add(name string) error {
	switch j.state[name] {
	case 1:
		return fmt.Errorf("%s imports itself, by way of others", name)
	case 2:
		return nil
	}
	j.state[name] = 1
	source, err := j.sources.read(name)
	if err != nil {
		return err
	}
	text := string(source)
	from := func(told string) string { return path.Join(path.Dir(name), told) }
	for _, found := range imports.FindAllStringSubmatch(text, -1) {
		if err := j.add(from(found[2])); err != nil {
			return err
		}
	}
	text = imports.ReplaceAllStringFunc(text, func(line string) string {
		found := imports.FindStringSubmatch(line)
		return fmt.Sprintf("const {%s} = %s;\n", found[1], scope(from(found[2])))
	})
	var names []string
	for _, found := range exports.FindAllStringSubmatch(text, -1) {
		names = append(names, found[2])
	}
	text = exports.ReplaceAllString(text, "$1 $2")
	if left := others.FindString(text); left != "" {
		return fmt.Errorf("%s: %q is no import or export that can be joined", name, left)
	}
	if strings.Contains(text, "</script") {
		return fmt.Errorf("%s holds the end of a script", name)
	}
	fmt.Fprintf(&j.text, "const %s = (() => {\n%sreturn { %s };\n})();\n", scope(name), text, strings.Join(names, ", "))
	j.state[name] = 2
	return nil
}

// scope is the name of a module's exports in the script.
func scope(module string) string {
	return "module_" + strings.NewReplacer("-", "_", "/", "_").Replace(strings.TrimSuffix(module, ".js"))
}
