namespace TorchSharp.SparseConv.Data;

// Checks of arguments that several public types share.
internal static class Checks
{
    public static void Length(int given, int count, string name, string items, string parameter)
    {
        if (given != count)
        {
            throw new ArgumentException(
                $"{name} has {given} entries, must have one for each of the {count} {items}",
                parameter
            );
        }
    }

    public static void Class(int label, int index, int classes, string name, string parameter)
    {
        if (label < 0 || label >= classes)
        {
            throw new ArgumentException(
                $"{name}[{index}] is {label}, must be a class from 0 to {classes - 1}",
                parameter
            );
        }
    }

    // Requires one label for each point.
    public static void Labels(ReadOnlySpan<int> labels, int points, int classes)
    {
        Length(labels.Length, points, nameof(labels), "points", nameof(labels));
        for (var i = 0; i < labels.Length; i++)
        {
            Class(labels[i], i, classes, nameof(labels), nameof(labels));
        }
    }
}
