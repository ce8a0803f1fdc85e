-- SPDX-License-Identifier: Apache-2.0
-- What every check written in Lua shares: command line, list of files, reading, findings. A finding names file and line, what is wrong
-- and the cure; a check that has findings exits 1.
local tree = { root = ".", build = nil, findings = 0, options = {} }

local function trim(text)
  return (text:gsub("^%s+", ""):gsub("%s+$", ""))
end

function tree.quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- Output lines of a shell command; nil where the command failed.
function tree.lines_of(command)
  local pipe = assert(io.popen(command, "r"))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  return pipe:close() and lines or nil
end

--- Reads `--root DIR`, `--build DIR` and the flags named in `flags`; anything else is refused with the usage text.
function tree.start(usage, flags)
  tree.root = arg[0]:match("^(.*)/tools/[^/]+$") or "."
  tree.build = os.getenv("TG_BUILD_DIR")
  local known = {}
  for _, flag in ipairs(flags or {}) do
    known["--" .. flag] = flag
  end
  local i = 1
  while arg[i] do
    local word = arg[i]
    if word == "--root" or word == "--build" then
      tree[word:sub(3)] = arg[i + 1]
      i = i + 1
    elseif known[word] then
      tree.options[known[word]] = true
    else
      local out = word == "--help" and io.stdout or io.stderr
      out:write(usage, "\n")
      os.exit(word == "--help" and 0 or 2)
    end
    i = i + 1
  end
  tree.build = tree.build or tree.root .. "/build/dev"
end

local function listing(root)
  local inside = "cd " .. tree.quote(root) .. " && "
  if io.open(root .. "/.git/HEAD") then
    return assert(tree.lines_of(inside .. "git ls-files -co --exclude-standard"))
  end
  return assert(tree.lines_of(inside .. "find . -type f -not -path './.git/*' | sed 's,^\\./,,'"))
end

local function is_there(path)
  local file = io.open(tree.root .. "/" .. path)
  return file ~= nil and file:close()
end

--- Sorted paths (from the root) of the files below the given folders that match one of the Lua patterns.
function tree.files(folders, patterns)
  tree.all = tree.all or listing(tree.root)
  local found = {}
  for _, path in ipairs(tree.all) do
    for _, folder in ipairs(folders) do
      if path:sub(1, #folder + 1) == folder .. "/" then
        for _, pattern in ipairs(patterns) do
          if path:match(pattern) and is_there(path) then found[#found + 1] = path end
        end
      end
    end
  end
  table.sort(found)
  return found
end

function tree.exists(path)
  return is_there(path)
end

function tree.read(path)
  local file = io.open(tree.root .. "/" .. path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

--- Lines of a file as an array.
function tree.lines(path)
  local lines = {}
  for line in ((tree.read(path) or ""):gsub("\n$", "") .. "\n"):gmatch("(.-)\n") do
    lines[#lines + 1] = line
  end
  return lines
end

--- C text with comments blanked out (newlines kept, so that line numbers stay) and, if asked, the contents of literals too.
function tree.without_comments(text, literals_too)
  local out, i = {}, 1
  local function blank(upto)
    out[#out + 1] = text:sub(i, upto):gsub("[^\n]", " ")
    i = upto + 1
  end
  while i <= #text do
    local two, one = text:sub(i, i + 1), text:sub(i, i)
    if two == "/*" then
      blank(select(2, text:find("*/", i + 2, true)) or #text)
    elseif two == "//" then
      blank((text:find("\n", i, true) or #text + 1) - 1)
    elseif one == '"' or one == "'" then
      local j = i + 1
      while j <= #text and text:sub(j, j) ~= one and text:sub(j, j) ~= "\n" do
        j = j + (text:sub(j, j) == "\\" and 2 or 1)
      end
      out[#out + 1] = literals_too and one .. text:sub(i + 1, j - 1):gsub("[^\n]", " ") .. one or text:sub(i, j)
      i = j + 1
    else
      local upto = (text:find("[/\"']", i + 1) or #text + 1) - 1
      out[#out + 1] = text:sub(i, upto)
      i = upto + 1
    end
  end
  return table.concat(out)
end

--- One finding: where, what is wrong, what to do.
function tree.find(path, line, wrong, cure)
  tree.findings = tree.findings + 1
  print(("%s:%s: %s; %s"):format(path, line or 1, wrong, cure))
end

--- Ends the check: one closing line, exit code by findings.
function tree.finish(what)
  local name = arg[0]:match("[^/]+$")
  if tree.findings > 0 then
    print(("%s: %d finding%s"):format(name, tree.findings, tree.findings == 1 and "" or "s"))
    os.exit(1)
  end
  print(("%s: %s"):format(name, what))
end

tree.trim = trim
return tree
