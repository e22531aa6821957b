#compdef PROGRAM
# Completion of PROGRAM in zsh. PROGRAM itself knows what can be completed.
_PROGRAM() {
	local line word
	local -a plain open
	for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
		case $line in
		'') ;;
		:/) _files -/ ;;
		:*) _files -g "${line#:}" ;;
		*)
			word=${line%%$'\t'*}
			if [[ $word == *= ]]; then
				open+=("$word")
			elif [[ $line == *$'\t'* ]]; then
				plain+=("${word//:/\\:}:${line#*$'\t'}")
			else
				plain+=("${word//:/\\:}")
			fi
			;;
		esac
	done
	(( $#plain )) && _describe -t values PROGRAM plain
	(( $#open )) && compadd -S '' -- $open
	return 0
}
if [[ $funcstack[1] == _PROGRAM ]]; then
	_PROGRAM "$@"
else
	compdef _PROGRAM PROGRAM
fi
