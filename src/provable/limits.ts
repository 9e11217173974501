/*
 * Bounds of models that can be proved. Whoever sends a file may have made it to hurt: nothing is read, allocated or computed beyond
 * these. Circuits end long before most of them. Names end in the unit.
 */

/** What a double holds exactly: no sum of a graph leaves ± this. */
export const exactIntegerMax: number = Number.MAX_SAFE_INTEGER
export const int32Min: number = -(2 ** 31)
export const int32Max: number = 2 ** 31 - 1
/** An ONNX file. A million weights of four bytes fit. */
export const modelBytesMax: number = 8 * 1024 * 1024
/** Bits behind the binary point, and bits that a rescale takes away. */
export const scaleBitsMax = 48
export const shiftBitsMax = 48
export const layersMax = 1_024
export const portsMax = 16
export const rankMax = 8
/** Values of one tensor that is computed: an image of 256 × 256 in three colours fits. */
export const tensorElementsMax = 262_144
/** Numbers of one tensor of a file, and of one list of a graph. */
export const tensorNumbersMax = 1_048_576
/** Numbers of all layers of a graph together: weights, biases, indices, thresholds. */
export const graphNumbersMax = 4_194_304
/** Multiplications, comparisons and moves of one evaluation: some hundredths of a second. */
export const evaluationStepsMax = 16_777_216
/** Values of all tensors of a graph together, which an evaluation holds at a time. */
export const graphElementsMax = 1_048_576
/** Names are cut for people, not for machines. */
export const nameLengthMax = 256
export const treesMax = 4_096
export const treeNodesMax = 262_144
/** Of a kernel, a stride, a dilation or a padding along one axis. */
export const windowSizeMax = 65_536
/** Wires of a circuit, and terms of its sums: its text and its compilation stay within minutes. */
export const circuitWiresMax = 1_048_576
export const circuitTermsMax = 8_388_608
/** Names in an ONNX file: those of exported modules are paths. */
export const onnxNameBytesMax = 512
export const onnxNodesMax = 4_096
export const onnxInitializersMax = 8_192
/** Inputs or outputs of one node. */
export const onnxNodePortsMax = 1_024
export const onnxAttributesMax = 64
/** Numbers of all tensors and attributes of a file together. */
export const onnxNumbersMax = 4_194_304
/** Operator sets that a file may say it uses. */
export const onnxOpsetsMax = 32
/** Fields of one message: a list of a million numbers is one of a million fields. */
export const protobufFieldsMax = 1_048_576
/** Numbers of all graphs on the way to the one with the fewest layers. */
export const fusedNumbersMax = 16_777_216
/** Steps of running a sample through a model, for its scales or for its error. */
export const calibrationStepsMax = 268_435_456
/** Bits of a value that a scale is chosen for: what is asked for where nothing is said, and the least that is tried. */
export const activationBitsDefault = 16
export const activationBitsMin = 8
export const activationBitsMax = 24
