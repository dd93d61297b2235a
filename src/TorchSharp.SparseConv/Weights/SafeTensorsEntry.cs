namespace TorchSharp.SparseConv;

/// <summary>One tensor of a safetensors file; Begin and End are bytes after the header.</summary>
internal readonly record struct SafeTensorsEntry(
    string Name,
    torch.ScalarType Type,
    long[] Shape,
    long Begin,
    long End
);
