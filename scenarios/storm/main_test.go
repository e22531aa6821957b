package storm

import (
	"os"
	"testing"

	"ionbench/fixtures/hurry"
)

func TestMain(m *testing.M) {
	hurry.LessGarbage()
	os.Exit(m.Run())
}
