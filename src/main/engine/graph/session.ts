import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nativeBackend, type DType, type NativeValues } from '../backend/tensorflow'
import type { Edge, Graph } from './graph'
import { encodeSavedModel, savedModelTag } from './savedModel'

export interface InputSpec {
  dtype: DType
  shape: readonly number[]
}

export interface Signature {
  inputs: Record<string, InputSpec & { node: string }>
  outputs: Record<string, Edge>
}

/** A loaded graph with its variables. Runs block the thread; values go in and come out as typed arrays. */
export class GraphSession {
  private constructor(
    private readonly id: number,
    private readonly signatures: Readonly<Record<string, Signature>>,
    /** Size of the graph's file. */
    readonly graphBytes: number,
  ) {}

  static async load(graph: Graph, signatures: Readonly<Record<string, Signature>>): Promise<GraphSession> {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-graph-'))
    try {
      const bytes = encodeSavedModel(graph)
      await writeFile(join(folder, 'saved_model.pb'), bytes)
      const id = nativeBackend().binding.loadSavedModel(folder, savedModelTag)
      return new GraphSession(id, signatures, bytes.byteLength)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** Runs a signature; `values` are row-major and as long as the input's shape says. */
  run(name: string, values: Readonly<Record<string, NativeValues>>): Map<string, NativeValues> {
    const { binding } = nativeBackend()
    const signature = this.signature(name)
    const ids: number[] = []
    const names: string[] = []
    try {
      for (const [input, { node, dtype, shape }] of Object.entries(signature.inputs)) {
        const value = values[input]
        if (value === undefined) throw new Error(`${name} needs a value for ${input}`)
        ids.push(binding.createTensor([...shape], dtype, value))
        names.push(`${node}:0`)
      }
      const outputs = Object.entries(signature.outputs)
      const wanted = outputs.map(([, { node, index }]) => `${node}:${index}`).join(',')
      const handles = binding.runSavedModel(this.id, ids, names.join(','), wanted)
      const results = new Map<string, NativeValues>()
      outputs.forEach(([output], index) => {
        const handle = handles[index]
        if (handle === undefined) throw new Error(`${name} gave no ${output}`)
        results.set(output, binding.tensorDataSync(handle.id))
        binding.deleteTensor(handle.id)
      })
      return results
    } finally {
      for (const id of ids) binding.deleteTensor(id)
    }
  }

  dispose() {
    nativeBackend().binding.deleteSavedModel(this.id)
  }

  private signature(name: string): Signature {
    const signature = this.signatures[name]
    if (signature === undefined) throw new Error(`the graph has no signature ${name}`)
    return signature
  }
}
