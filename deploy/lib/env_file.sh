# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts share their variables
# Writes .env: a reason above each line. What an older .env says stays, except for the lines that are looked up anew.
decided_names=() decided_lines=() decided_reasons=()

# old_line NAME: the last line of the existing .env that sets it, as it stands there.
old_line() {
  [ -r "$env_file" ] || return 0
  sed -n "s/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}\($1[[:space:]]*=.*\)\$/\2/p" "$env_file" | tail -n 1
}

# old_value NAME: its value, without quotes and without a comment after it.
old_value() {
  local line
  line=$(old_line "$1")
  line=${line#*=}
  case "$line" in
    \"*) line=$(printf '%s' "$line" | sed -E 's/^"(([^"\\]|\\.)*)".*$/\1/; s/\\"/"/g') ;;
    \'*) line=$(printf '%s' "$line" | sed -E "s/^'(([^'\\\\]|\\\\.)*)'.*\$/\1/; s/\\\\'/'/g") ;;
    *) line=$(printf '%s' "$line" | sed 's/[[:space:]]\{1,\}#.*$//; s/^[[:space:]]*//; s/[[:space:]]*$//') ;;
  esac
  printf '%s' "$line"
}

quoted() {
  case "$1" in
    *[!A-Za-z0-9_./:,@%+=-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/\\\\'/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}

decide() { # NAME VALUE REASON
  decided_names+=("$1")
  decided_lines+=("$1=$(quoted "$2")")
  decided_reasons+=("$3")
}

# choose NAME VALUE REASON: as decide, but a value that the existing .env has stays.
choose() {
  local old
  old=$(old_value "$1")
  if [ -z "$old" ]; then
    decide "$@"
  elif [ "$old" = "$2" ]; then
    decided_names+=("$1") decided_lines+=("$(old_line "$1")") decided_reasons+=("$3")
  else
    decided_names+=("$1") decided_lines+=("$(old_line "$1")")
    decided_reasons+=("Yours. This machine suggests $2: $3")
  fi
}

is_decided() {
  local name
  for name in ${decided_names[@]+"${decided_names[@]}"}; do [ "$name" != "$1" ] || return 0; done
  return 1
}

print_env() {
  local i line name comments='' first=1
  echo '# Written by deploy/setup.sh after a look at this machine. Change what you like; .env.example explains every'
  echo '# setting. deploy/setup.sh --force looks again and keeps your own lines.'
  i=0
  while [ "$i" -lt "${#decided_names[@]}" ]; do
    printf '\n# %s\n%s\n' "${decided_reasons[$i]}" "${decided_lines[$i]}"
    i=$((i + 1))
  done
  [ -r "$env_file" ] || return 0
  # The other settings of the older file, each with the comment above it.
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%$'\r'}
    case "$line" in
      '#'*) comments="$comments$line"$'\n' ;;
      *=*)
        name=$(printf '%s' "${line%%=*}" | sed 's/^[[:space:]]*export[[:space:]]*//; s/[[:space:]]//g')
        if ! is_decided "$name"; then
          if [ "$first" = 1 ]; then printf '\n# --- Kept from the .env before this one ---\n' && first=0; fi
          printf '\n%s%s\n' "$comments" "$line"
        fi
        comments='' ;;
      *) comments='' ;;
    esac
  done <"$env_file"
}

# write_env: the new file is complete before it takes the name, and the old one keeps a name of its own.
write_env() {
  local new="$env_file.new.$$" backup='' number=0
  (umask 077 && print_env >"$new") || { rm -f "$new"; stop "Cannot write $new." 'Is the folder yours, is the disk full?'; return 1; }
  if ! check_env "$new"; then
    rm -f "$new"
    return 1
  fi
  if [ -e "$env_file" ]; then
    backup="$env_file.bak-$(date +%Y%m%d-%H%M%S)"
    while [ -e "$backup${number#0}" ]; do number=$((number - 1)); done
    backup="$backup${number#0}"
    cp -p "$env_file" "$backup"
    chmod 600 "$backup"
  fi
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ]; then chown "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$new"; fi
  mv "$new" "$env_file"
  good "written: $env_file${backup:+ (the one before it: $backup)}"
}

# check_env FILE: Compose itself reads it with the compose files it names.
check_env() {
  local answer
  # shellcheck disable=SC2086
  if ! answer=$(cd "$root" && env -u COMPOSE_FILE -u COMPOSE_PATH_SEPARATOR $compose --env-file "$1" config -q 2>&1); then
    stop "$compose does not accept these settings. It says: $answer" "Correct the line in $env_file, or move that file away."
    return 1
  fi
}
