// data: turns what the page carries into typed arrays.

// unpack decompresses base64 into bytes.
async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

// Reader reads varints one after the other.
class Reader {
  constructor(bytes) {
    this.bytes = bytes
    this.at = 0
  }

  // next reads one number. Numbers above 2^31 are put together by arithmetic, for
  // bit operations have 32 bits.
  next() {
    let value = 0
    let scale = 1
    for (;;) {
      const b = this.bytes[this.at++]
      value += (b & 127) * scale
      if (b < 128) return value
      scale *= 128
    }
  }

  column({ count, signed, delta }) {
    const out = new Float64Array(count)
    let last = 0
    for (let i = 0; i < count; i++) {
      let v = this.next()
      if (signed) v = v % 2 ? -(v + 1) / 2 : v / 2
      if (delta) v = last += v
      out[i] = v
    }
    return out
  }
}

// readColumns returns all columns by name. Times stay exact in doubles; what is small
// and looked up often is kept in small arrays.
function readColumns(bytes, columns) {
  const reader = new Reader(bytes)
  const tables = {}
  for (const c of columns) tables[c.name] = reader.column(c)
  return tables
}

// The marks that stand for numbers in the form of a text.
const PLAIN = 1
const PADDED = 2

// Texts puts texts together out of their forms and numbers.
class Texts {
  constructor(forms, form, numbers) {
    this.forms = forms
    this.form = Uint32Array.from(form)
    this.numbers = numbers
    const counts = forms.map((f) => [...f].filter((c) => c.charCodeAt(0) <= PADDED).length)
    this.first = new Uint32Array(form.length + 1)
    for (let i = 0; i < form.length; i++) this.first[i + 1] = this.first[i] + counts[form[i]]
  }

  get(i) {
    const form = this.forms[this.form[i]]
    let n = this.first[i]
    let out = ''
    for (let k = 0; k < form.length; k++) {
      const c = form.charCodeAt(k)
      if (c === PLAIN) {
        out += this.numbers[n++]
      } else if (c === PADDED) {
        const width = form.charCodeAt(++k) - 96
        out += String(this.numbers[n++]).padStart(width, '0')
      } else {
        out += form[k]
      }
    }
    return out
  }
}

// load reads everything that the page carries.
async function load() {
  const head = JSON.parse(document.getElementById('head').textContent)
  const bytes = await unpack(document.getElementById('columns').textContent.trim())
  return new Run(head, readColumns(bytes, head.columns))
}

