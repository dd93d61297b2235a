using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Models;

/// <summary>The classes of a model: their labels in files, and how they are painted.</summary>
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

    public IReadOnlyList<string> Names { get; }

    public ClassPalette Palette { get; }

    public int[] ToFile(int[] classes) => Array.ConvertAll(classes, index => _labelOfClass[index]);

    /// <summary>The class of each label; null, with the reason, where a label is of no class.</summary>
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
        // Either all colours were chosen, or the palette chooses those that differ.
        IReadOnlyList<Rgb>? colors = config.Classes.All(entry => entry.Color is not null)
            ? [.. config.Classes.Select(entry => ColorOf(entry.Color!))]
            : null;
        return new ClassPalette(names, colors, config.IgnoreClass);
    }

    // config.json's colours are checked to be #rrggbb.
    private static Rgb ColorOf(string text)
    {
        var bytes = Convert.FromHexString(text.AsSpan(1));
        return new Rgb(bytes[0], bytes[1], bytes[2]);
    }
}
