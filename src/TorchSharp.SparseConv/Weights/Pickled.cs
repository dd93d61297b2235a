namespace TorchSharp.SparseConv;

/// <summary>What the instructions of a state_dict's pickle mean, on objects of <see cref="PickleReader"/>.</summary>
internal static class Pickled
{
    internal static string Text(object? value) =>
        value as string ?? throw new InvalidDataException($"{Kind(value)} stands where text must be.");

    internal static List<KeyValuePair<object?, object?>> RequireDictionary(object? value, string what) =>
        value as List<KeyValuePair<object?, object?>>
        ?? throw new InvalidDataException($"{Kind(value)} is given {what}, must be a dictionary.");

    /// <summary>The name of a class or function, for an object that it makes.</summary>
    internal static string Name(object? function) =>
        function is PickledGlobal global ? global.Name : throw new InvalidDataException($"it calls {Kind(function)}.");

    /// <summary>
    /// The storage of a persistent id ('storage', type, key, location, elements), in old files with a sixth part that is
    /// None. An element type that is not known keeps its name.
    /// </summary>
    internal static PickledStorage Storage(object? id) =>
        id is object?[] { Length: 5 or 6 } parts
        && parts[0] is "storage"
        && parts[1] is PickledGlobal type
        && parts[4] is long elements and >= 0
        && parts.ElementAtOrDefault(5) is null
            ? new PickledStorage(type.Storage, type.Name, Text(parts[2]), elements)
            : throw new InvalidDataException("it refers to something that is no storage of torch.save.");

    /// <summary>
    /// What a call makes. A dictionary that is made of another takes its pairs from the budget, so that a pickle makes no
    /// more of them than it has bytes.
    /// </summary>
    internal static object? Call(object? function, object? arguments, ref int budget)
    {
        var given = arguments as object?[] ?? throw new InvalidDataException("it calls without a tuple.");
        return Name(function) switch
        {
            "collections.OrderedDict" or "collections.defaultdict" or "collections.Counter" => Dictionary(
                given.LastOrDefault(),
                ref budget
            ),
            "torch._utils._rebuild_tensor" when given.Length == 4 => Tensor(given),
            "torch._utils._rebuild_tensor_v2" when given.Length >= 4 => Tensor(given),
            "torch._utils._rebuild_parameter"
            or "torch._utils._rebuild_parameter_with_state" when given is [PickledTensor data, ..] => data,
            "torch.Size" when given is [object?[] sizes] => sizes,
            var name when PickledGlobal.IsKnown(name) => throw new InvalidDataException(
                $"it calls {name} with {given.Length} unusual arguments."
            ),
            var name => new PickledOpaque(name),
        };
    }

    // What a dictionary of any kind begins with: pairs in a list, another dictionary, or nothing.
    private static List<KeyValuePair<object?, object?>> Dictionary(object? content, ref int budget)
    {
        if (content is System.Collections.ICollection { Count: var count } && (budget -= count) < 0)
        {
            throw new InvalidDataException("it makes more pairs than it has bytes.");
        }

        return content switch
        {
            List<KeyValuePair<object?, object?>> pairs => [.. pairs],
            List<object?> pairs => [.. pairs.Select(Pair)],
            _ => [],
        };

        static KeyValuePair<object?, object?> Pair(object? pair) =>
            pair switch
            {
                object?[] { Length: 2 } both => new(both[0], both[1]),
                List<object?> { Count: 2 } both => new(both[0], both[1]),
                _ => throw new InvalidDataException("it makes a dictionary of something that is no pair."),
            };
    }

    private static PickledTensor Tensor(object?[] given)
    {
        if (given[0] is not PickledStorage storage || given[1] is not long offset)
        {
            throw new InvalidDataException("it makes a tensor of something that is no storage.");
        }

        var tensor = new PickledTensor(storage, offset, Numbers(given[2]), Numbers(given[3]));
        tensor.RequireInside();
        return tensor;
    }

    private static long[] Numbers(object? tuple) =>
        tuple is object?[] values && values.All(value => value is long)
            ? [.. values.Select(value => (long)value!)]
            : throw new InvalidDataException("a tensor's sizes or strides are no tuple of integers.");

    private static string Kind(object? value) =>
        value switch
        {
            null => "None",
            string => "text",
            long or double or bool => "a number",
            object?[] => "a tuple",
            List<object?> => "a list",
            List<KeyValuePair<object?, object?>> => "a dictionary",
            PickledGlobal global => global.Name,
            PickledOpaque opaque => $"a {opaque.Name}",
            _ => "a tensor",
        };
}

/// <summary>An object of a class that is not read: nothing of it is looked up, made or called.</summary>
internal sealed record PickledOpaque(string Name);

/// <summary>A name of Python. The few that a state_dict needs have a meaning; the others are names alone.</summary>
internal sealed class PickledGlobal
{
    private static readonly Dictionary<string, PickledGlobal> Known = new[]
    {
        new PickledGlobal("collections.OrderedDict"),
        new PickledGlobal("collections.defaultdict"),
        new PickledGlobal("collections.Counter"),
        new PickledGlobal("torch._utils._rebuild_tensor"),
        new PickledGlobal("torch._utils._rebuild_tensor_v2"),
        new PickledGlobal("torch._utils._rebuild_parameter"),
        new PickledGlobal("torch._utils._rebuild_parameter_with_state"),
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
        new PickledGlobal("torch.ComplexFloatStorage", torch.ScalarType.ComplexFloat32),
        new PickledGlobal("torch.ComplexDoubleStorage", torch.ScalarType.ComplexFloat64),
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

    /// <summary>The global of that name; one that is not among the few is a name alone.</summary>
    internal static PickledGlobal Find(string module, string name) =>
        Known.TryGetValue($"{module}.{name}", out var global)
            ? global
            : new PickledGlobal($"{Printable(module)}.{Printable(name)}");

    internal static bool IsKnown(string name) => Known.ContainsKey(name);

    private static string Printable(string text) =>
        string.Concat(text.Take(80).Select(letter => char.IsControl(letter) ? '?' : letter));
}

/// <summary>
/// A pickle's reference to a storage, whose elements lie in the file elsewhere; Type is null for one that is not read.
/// </summary>
internal readonly record struct PickledStorage(torch.ScalarType? Type, string TypeName, string Key, long Elements);

/// <summary>A pickle's description of a tensor: elements of a storage, from an offset on, with strides.</summary>
internal sealed class PickledTensor(PickledStorage storage, long offset, long[] shape, long[] strides)
{
    internal PickledStorage Storage { get; } = storage;

    internal long Offset { get; } = offset;

    internal long[] Shape { get; } = shape;

    internal long[] Strides { get; } = strides;

    // As in torch.
    private const int MostAxes = 64;

    // An expanded tensor repeats elements; so many at most, where they are more than its storage has.
    private const long MostRepeated = 1 << 20;

    /// <summary>
    /// Throws InvalidDataException where some of the tensor's elements lie outside of its storage, or where it repeats
    /// them beyond measure.
    /// </summary>
    internal void RequireInside()
    {
        var elements =
            Shape.Length == Strides.Length && Shape.Length <= MostAxes ? ElementTypes.Elements(Shape, 1) : null;
        var last = (Int128)Offset;
        for (var axis = 0; elements is not null && axis < Shape.Length; axis++)
        {
            last += (Int128)Math.Max(Shape[axis] - 1, 0) * Strides[axis];
        }

        if (
            elements is null
            || Offset < 0
            || Strides.Any(stride => stride < 0)
            || elements > Math.Max(Storage.Elements, MostRepeated)
            || (elements > 0 && last >= Storage.Elements)
        )
        {
            throw new InvalidDataException(
                $"a tensor of shape {Shapes.Text(Shape)}, strides {Shapes.Text(Strides)} and offset {Offset} "
                    + $"does not lie inside its storage of {Storage.Elements} elements."
            );
        }
    }
}
