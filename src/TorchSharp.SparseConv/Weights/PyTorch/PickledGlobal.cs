namespace TorchSharp.SparseConv;

/// <summary>The few names of Python that a state_dict needs; no other is ever looked up.</summary>
internal sealed class PickledGlobal
{
    private static readonly Dictionary<string, PickledGlobal> Known = new[]
    {
        new PickledGlobal("collections.OrderedDict"),
        new PickledGlobal("torch._utils._rebuild_tensor"),
        new PickledGlobal("torch._utils._rebuild_tensor_v2"),
        new PickledGlobal("torch._utils._rebuild_parameter"),
        new PickledGlobal("torch.Size"),
        new PickledGlobal("torch.DoubleStorage", torch.ScalarType.Float64),
        new PickledGlobal("torch.FloatStorage", torch.ScalarType.Float32),
        new PickledGlobal("torch.HalfStorage", torch.ScalarType.Float16),
        new PickledGlobal("torch.BFloat16Storage", torch.ScalarType.BFloat16),
        new PickledGlobal("torch.LongStorage", torch.ScalarType.Int64),
        new PickledGlobal("torch.IntStorage", torch.ScalarType.Int32),
        new PickledGlobal("torch.ShortStorage", torch.ScalarType.Int16),
        new PickledGlobal("torch.CharStorage", torch.ScalarType.Int8),
        new PickledGlobal("torch.ByteStorage", torch.ScalarType.Byte),
        new PickledGlobal("torch.BoolStorage", torch.ScalarType.Bool),
    }.ToDictionary(global => global.Name, StringComparer.Ordinal);

    private PickledGlobal(string name, torch.ScalarType? storage = null)
    {
        Name = name;
        Storage = storage;
    }

    internal string Name { get; }

    /// <summary>The elements of a storage type, null for other names.</summary>
    internal torch.ScalarType? Storage { get; }

    /// <summary>The name of a storage type.</summary>
    internal static string StorageName(torch.ScalarType type) =>
        Known.Values.FirstOrDefault(global => global.Storage == type)?.Name
        ?? throw new NotSupportedException($"its elements are {type}, which torch.save does not write here.");

    /// <summary>
    /// The global of that name; throws InvalidDataException that names it where it is not one of the few.
    /// </summary>
    internal static PickledGlobal Find(string module, string name) =>
        Known.TryGetValue($"{module}.{name}", out var global)
            ? global
            : throw new InvalidDataException(
                $"it asks for {Printable(module)}.{Printable(name)}, refused: only tensors, containers and numbers are read."
            );

    private static string Printable(string text) =>
        string.Concat(text.Take(80).Select(letter => char.IsControl(letter) ? '?' : letter));
}
