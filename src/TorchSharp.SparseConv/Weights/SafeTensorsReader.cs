namespace TorchSharp.SparseConv;

/// <summary>A safetensors file as one of the formats of <see cref="Weights"/>.</summary>
internal sealed class SafeTensorsReader(SafeTensorsFile file) : StateReader
{
    internal override IReadOnlyList<StateEntry> Entries { get; } =
    [.. file.Names.Select(name => new StateEntry(name, file.ElementType(name), [.. file.Shape(name)]))];

    internal override torch.Tensor Read(string name) => file.Read(name);

    public override void Dispose() => file.Dispose();

    internal override void ReadStart(string name, Span<byte> bytes) => file.ReadStart(name, bytes);
}
