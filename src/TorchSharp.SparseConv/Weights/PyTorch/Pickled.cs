namespace TorchSharp.SparseConv;

/// <summary>What the instructions of a state_dict's pickle mean, on objects of <see cref="PickleReader"/>.</summary>
internal static class Pickled
{
    internal static string Text(object? value) =>
        value as string ?? throw new InvalidDataException($"{Kind(value)} stands where text must be.");

    internal static List<KeyValuePair<object?, object?>> RequireDictionary(object? value, string what) =>
        value as List<KeyValuePair<object?, object?>>
        ?? throw new InvalidDataException($"{Kind(value)} is given {what}, must be a dictionary.");

    /// <summary>The storage of a persistent id ('storage', type, key, location, elements).</summary>
    internal static object Storage(object? id) =>
        id is object?[] { Length: 5 } parts
        && parts[0] is "storage"
        && parts[1] is PickledGlobal { Storage: { } type }
        && parts[4] is long elements and >= 0
            ? new PickledStorage(type, Text(parts[2]), elements)
            : throw new InvalidDataException("it refers to something that is no storage of torch.save.");

    internal static object? Call(object? function, object? arguments)
    {
        var given = arguments as object?[] ?? throw new InvalidDataException("it calls without a tuple.");
        return (function as PickledGlobal)?.Name switch
        {
            "collections.OrderedDict" when given.Length == 0 => new List<KeyValuePair<object?, object?>>(),
            "torch._utils._rebuild_tensor" when given.Length == 4 => Tensor(given),
            "torch._utils._rebuild_tensor_v2" when given.Length >= 4 => Tensor(given),
            "torch._utils._rebuild_parameter" when given is [PickledTensor data, ..] => data,
            "torch.Size" when given is [object?[] sizes] => sizes,
            { } name => throw new InvalidDataException($"it calls {name} with {given.Length} unusual arguments."),
            _ => throw new InvalidDataException($"it calls {Kind(function)}."),
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
            _ => "a tensor",
        };
}
