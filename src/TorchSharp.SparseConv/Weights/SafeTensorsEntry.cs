namespace TorchSharp.SparseConv;

/// <summary>One tensor of a file whose tensors lie in it as they are: Begin and End are bytes of the data.</summary>
internal readonly record struct SafeTensorsEntry(
    string Name,
    torch.ScalarType Type,
    long[] Shape,
    long Begin,
    long End
);
