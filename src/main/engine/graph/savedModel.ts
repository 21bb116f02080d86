import { attributeKind, type OpAttribute } from '../backend/tensorflow'
import type { ConstantValue, Graph, GraphNode } from './graph'
import { MessageWriter } from './wire'

/** Field numbers are those of TensorFlow's `saved_model.proto`, `graph.proto`, `attr_value.proto`, `tensor.proto`. */

export const savedModelTag = 'vitrine'

/** `versions.producer` of the graph format that TensorFlow 2.x writes. */
const graphProducer = 1882

function writeShape(writer: MessageWriter, shape: readonly number[]) {
  for (const size of shape) writer.message(2, (dimension) => dimension.integer(1, size))
}

function writeTensor(writer: MessageWriter, { dtype, shape, bytes }: ConstantValue) {
  writer.integer(1, dtype).message(2, (inner) => writeShape(inner, shape))
  writer.bytes(4, bytes)
}

function writeAttribute(writer: MessageWriter, attribute: OpAttribute) {
  const { value } = attribute
  const kind = attributeKind(attribute)
  if (Array.isArray(value)) {
    if (kind === 'shape') writer.message(7, (shape) => writeShape(shape, value))
    else if (kind === 'int') writer.message(1, (list) => value.forEach((item) => list.integer(3, item)))
    else throw new TypeError(`attribute ${attribute.name}: lists of ${kind} are not written`)
  } else if (kind === 'string') writer.text(2, String(value))
  else if (kind === 'int') writer.integer(3, Number(value))
  else if (kind === 'float') writer.float(4, Number(value))
  else if (kind === 'bool') writer.integer(5, value === true ? 1 : 0)
  else if (kind === 'type') writer.integer(6, Number(value))
  else throw new TypeError(`attribute ${attribute.name} can't be written`)
}

function writeNode(writer: MessageWriter, node: GraphNode) {
  writer.text(1, node.name).text(2, node.op)
  for (const input of node.inputs) writer.text(3, input.index === 0 ? input.node : `${input.node}:${input.index}`)
  for (const name of node.after) writer.text(3, `^${name}`)
  for (const attribute of node.attributes) {
    writer.message(5, (entry) => entry.text(1, attribute.name).message(2, (inner) => writeAttribute(inner, attribute)))
  }
  const { constant } = node
  if (constant !== undefined) {
    writer.message(5, (entry) =>
      entry.text(1, 'value').message(2, (inner) => inner.message(8, (tensor) => writeTensor(tensor, constant))),
    )
  }
}

/** The bytes of `saved_model.pb` for one graph, without stored variables. */
export function encodeSavedModel(graph: Graph): Uint8Array {
  return new MessageWriter()
    .integer(1, 1)
    .message(2, (meta) =>
      meta
        .message(1, (info) => info.text(4, savedModelTag))
        .message(2, (definition) => {
          for (const node of graph.nodes.values()) definition.message(1, (writer) => writeNode(writer, node))
          definition.message(4, (versions) => versions.integer(1, graphProducer))
        }),
    )
    .finish()
}
