package cases_test

import "testing"

// refusedThenUpgrades is a tool that comes while another upgrades the meter: it is refused, and
// upgrades the meter later, in the same session.
const refusedThenUpgrades = `[case]
title = t
[meter]
image-bytes = 16384
[firmware]
blocks = 3
[attempt]
task = upgrade
[expect]
outcome = success
[attempt]
meanwhile = 26.569s
log = {serial}.log
task = connect
plan = ip-half-open at start for 51s
connections = 3
assistant = upgrade
at-silence = upgrade
[expect]
outcome = success
prompts = connection-type, device-silent, choose-firmware, upgrade-failed, connection-type, setup-assistant, choose-firmware, paste-options, upgrade-completed, connection-type, setup-assistant
`

// beginsAfterTheOther is a tool that comes while another upgrades the meter, and begins when that
// has finished: the person ends it before anything is erased, and the meter is given back.
const beginsAfterTheOther = `[case]
title = t
[meter]
image-bytes = 16384
[firmware]
blocks = 2
[attempt]
task = upgrade
[expect]
outcome = success
[attempt]
meanwhile = 52.407s
task = connect
plan = abort at state download
connections = 2
assistant = upgrade
[expect]
outcome = aborted
meter = application
`

// polledInStep is a meter that a second master asks so often that each enter is sent again, and the
// application may each time have been given other settings meanwhile.
const polledInStep = `[case]
title = t
[meter]
baud = 19200
image-bytes = 16384
[attempt]
task = upgrade
plan = second-master at start by 350ms
[expect]
outcome = failure
meter = application
`

func TestAnUpgradeThatIsBroughtBackToReadAgainEachTimeGivesTheMeterUp(t *testing.T) {
	wantReasons(t, parse(t, polledInStep))
}

func TestASessionIsNotChargedWithTheFlashOperationsOfAnotherTool(t *testing.T) {
	wantReasons(t, parse(t, refusedThenUpgrades))
	wantReasons(t, parse(t, beginsAfterTheOther))
}
