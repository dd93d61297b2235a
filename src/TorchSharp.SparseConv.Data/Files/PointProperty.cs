namespace TorchSharp.SparseConv.Data.Files;

// One number of each point, as a file declares it.
internal readonly record struct PointProperty(string Name, NumberType Type);
