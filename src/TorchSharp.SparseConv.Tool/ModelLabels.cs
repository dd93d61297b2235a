using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool;

/// <summary>The classes of a model, with their labels in files and their colours.</summary>
internal sealed class ModelLabels
{
    private readonly int[] _labelOfClass;
    private readonly Dictionary<int, int> _classOfLabel = [];

    public ModelLabels(ModelConfig config, LabelNumbers numbers)
    {
        var classes = config.Classes;
        Names = [.. classes.Select(entry => entry.Name)];
        Palette = PaletteOf(config);
        _labelOfClass = new int[classes.Count];
        foreach (var (index, entry) in classes.Index())
        {
            IReadOnlyList<int> labels =
                numbers == LabelNumbers.Class || entry.Labels.Count == 0 ? [index] : entry.Labels;
            _labelOfClass[index] = labels[0];
            foreach (var label in labels)
            {
                _classOfLabel[label] = index;
            }
        }
    }

    /// <summary>Throws if a folder is not a model directory. The option, if given, begins the message.</summary>
    public static void RequireModel(string folder, string option = "")
    {
        if (!ModelDirectory.Exists(folder))
        {
            throw new UsageException($"{option}{folder} is no model directory: it has no {ModelDirectory.ConfigFile}");
        }
    }

    public IReadOnlyList<string> Names { get; }

    public ClassPalette Palette { get; }

    /// <summary>The largest label that a class is written as.</summary>
    public int Most => _labelOfClass.Max();

    public int ToFile(int index) => _labelOfClass[index];

    /// <summary>Returns the class of each label, or null with the reason if a label belongs to no class.</summary>
    public int[]? FromFile(int[] labels, out string? problem)
    {
        var classes = new int[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            if (!_classOfLabel.TryGetValue(labels[i], out classes[i]))
            {
                problem = $"label {labels[i]} of point {i} is of no class of the model";
                return null;
            }
        }
        problem = null;
        return classes;
    }

    private static ClassPalette PaletteOf(ModelConfig config)
    {
        var names = config.Classes.Select(entry => entry.Name).ToList();
        // The palette chooses colours that differ unless every class has a colour of its own.
        IReadOnlyList<Rgb>? colors = config.Classes.All(entry => entry.Color is not null)
            ? [.. config.Classes.Select(entry => ColorOf(entry.Color!))]
            : null;
        return new ClassPalette(names, colors, config.IgnoreClass);
    }

    // ModelDirectory has checked that the colours of config.json have the form #rrggbb.
    private static Rgb ColorOf(string text)
    {
        var bytes = Convert.FromHexString(text.AsSpan(1));
        return new Rgb(bytes[0], bytes[1], bytes[2]);
    }
}

/// <summary>The meaning of labels in the files that are read and written.</summary>
internal enum LabelNumbers
{
    /// <summary>The labels that config.json gives to each class.</summary>
    Model,

    /// <summary>The indices of the classes.</summary>
    Class,
}
