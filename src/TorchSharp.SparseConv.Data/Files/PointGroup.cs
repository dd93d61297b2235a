namespace TorchSharp.SparseConv.Data.Files;

// The properties, by their indices, that make one attribute.
internal readonly record struct PointGroup(string Name, int[] Members);
