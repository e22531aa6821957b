# Completion of PROGRAM in bash. PROGRAM itself knows what can be completed.
_PROGRAM() {
	local word words=() glued= cur=
	# bash takes = and : for words of their own.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		if [[ $word == [=:]* && ${#words[@]} -gt 0 || -n $glued ]]; then
			words[${#words[@]}-1]+=$word
		else
			words+=("$word")
		fi
		glued=
		[[ $word == [=:] ]] && glued=1
	done
	[[ ${#words[@]} -gt 0 ]] && cur=${words[${#words[@]}-1]}
	local typed=${COMP_WORDS[COMP_CWORD]} head=
	[[ $typed == [=:] ]] && typed=
	head=${cur%"$typed"}

	COMPREPLY=()
	local line
	while IFS= read -r line; do
		case $line in
		:/) compopt -o filenames 2>/dev/null
			while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$typed") ;;
		:*) compopt -o filenames 2>/dev/null
			while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -X "!${line#:}" -- "$typed"; compgen -d -- "$typed") ;;
		*) line=${line%%$'\t'*}
			COMPREPLY+=("${line#"$head"}") ;;
		esac
	done < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
	# A setting or a list goes on behind its end.
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
	return 0
}
complete -F _PROGRAM PROGRAM
