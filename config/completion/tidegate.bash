# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion for bash: commands, options, and names of devices from the running gateway.

_tidegate() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local commands="run check status limits devices read write update execute create delete observe unobserve attributes discover explain trigger disable bootstrap prefer mute queue cancel firmware log scripts reload api version help"
  case $before in
    -c | --config | --socket)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
      ;;
    --type)
      mapfile -t COMPREPLY < <(compgen -W "string integer unsigned float boolean opaque time objlnk corelnk" -- "$word")
      return
      ;;
    --format)
      mapfile -t COMPREPLY < <(compgen -W "text opaque cbor senml-json senml-cbor tlv json lwm2m-cbor" -- "$word")
      return
      ;;
    --transport)
      mapfile -t COMPREPLY < <(compgen -W "U T S N M H" -- "$word")
      return
      ;;
    cancel)
      mapfile -t COMPREPLY < <(compgen -W "$(tidegate queue --json 2>/dev/null | sed -n 's/.*"command":"\([0-9]*\)".*/\1/p')" -- "$word")
      return
      ;;
    firmware)
      mapfile -t COMPREPLY < <(compgen -W "add images remove update status apply cancel campaign campaigns help" -- "$word")
      return
      ;;
    campaign)
      mapfile -t COMPREPLY < <(compgen -W "start pause resume cancel show" -- "$word")
      return
      ;;
    --method)
      mapfile -t COMPREPLY < <(compgen -W "auto push pull-coap pull-http" -- "$word")
      return
      ;;
    status | apply)
      mapfile -t COMPREPLY < <(compgen -W "$(tidegate devices --json 2>/dev/null | sed -n 's/.*"ep":"\([^"\\]*\)".*/\1/p')" -- "$word")
      return
      ;;
    pause | resume | show)
      mapfile -t COMPREPLY < <(compgen -W "$(tidegate firmware campaigns --json 2>/dev/null | sed -n 's/.*"name":"\([^"\\]*\)".*/\1/p')" -- "$word")
      return
      ;;
    read | write | update | execute | create | delete | observe | unobserve | attributes | discover | explain | trigger | disable | bootstrap | prefer | mute | queue | devices)
      mapfile -t COMPREPLY < <(compgen -W "$(tidegate devices --json 2>/dev/null | sed -n 's/.*"ep":"\([^"\\]*\)".*/\1/p')" -- "$word")
      return
      ;;
  esac
  if [[ $word == -* && ${COMP_WORDS[1]} == firmware ]]; then
    mapfile -t COMPREPLY < <(compgen -W "--name --version --method --hold --force --severity --defer --expiry --wait --ep --link --manufacturer --model --from-version --tag --wave --growth --parallel --limit --stop-failures --stop-percent -c --config --json --socket" -- "$word")
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "-c --config -f --follow --json --socket --timeout --type --format --retry --depth --transport --instance --for --dump -h --help" -- "$word")
  elif [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
  fi
}
complete -F _tidegate tidegate
