# Completion of PROGRAM in fish. PROGRAM itself knows what can be completed.
function __PROGRAM_complete
	set -l words (commandline -opc)
	set -l typed (commandline -ct)
	for line in ($words[1] __complete $words[2..-1] $typed 2>/dev/null)
		switch $line
			case ':/'
				__fish_complete_directories $typed
			case ':\*'
				__fish_complete_path $typed
			case ':*'
				__fish_complete_suffix (string sub -s 3 -- $line)
			case '*'
				echo $line
		end
	end
end
complete -c PROGRAM -f -a '(__PROGRAM_complete)'
