namespace TorchSharp.SparseConv.Data;

/// <summary>
/// A web page that shows point clouds and voxels in panes side by side under one camera. The page needs no network and
/// no server.
/// </summary>
/// <remarks>
/// Positions are rounded to 1/65534 of the extent of a cloud along each axis, which is 2 mm in a scan of 130 m. Points
/// without a finite position are left out. Every attribute of a cloud can be chosen as the colour: "label" and
/// "prediction" as classes, "color" as it is, any other number on a colour map. A point is wrong if its "prediction"
/// differs from its "label". Without a prediction, it is wrong if its label differs from that of the first pane,
/// provided that the first pane shows the same positions.
/// </remarks>
public sealed class ViewerPage
{
    /// <summary>A value of <see cref="ColorBy"/>: colours by the third coordinate.</summary>
    public const string Height = "height";

    /// <summary>A value of <see cref="ColorBy"/>: colours by right and wrong, in panes that can be compared.</summary>
    public const string Error = "error";

    private readonly List<ViewerPane> _panes = [];

    /// <summary>Makes a page without panes.</summary>
    public ViewerPage(string title)
    {
        ArgumentNullException.ThrowIfNull(title);
        Title = title;
    }

    /// <summary>The heading of the page.</summary>
    public string Title { get; }

    /// <summary>A line beside the heading.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>The names and colours of the labels; null names the labels by their numbers.</summary>
    public ClassPalette? Classes { get; init; }

    /// <summary>
    /// The first colouring: the name of an attribute, <see cref="Height"/> or <see cref="Error"/>. Null chooses classes
    /// if there are any, else colours, else height.
    /// </summary>
    public string? ColorBy { get; init; }

    /// <summary>
    /// Adds a pane with a cloud to the right of the others. Clouds that were made from one another share their
    /// positions in the page.
    /// </summary>
    /// <exception cref="ArgumentException">A label or prediction is not one of <see cref="Classes"/>.</exception>
    public ViewerPage Add(string name, PointCloud cloud)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(cloud);
        CheckLabels(cloud.Attributes, nameof(cloud));
        _panes.Add(new ViewerPane(name, [ViewerLayer.Of(cloud)]));
        return this;
    }

    /// <summary>Adds a pane with the voxels of several levels of a network. A slider selects the level.</summary>
    /// <exception cref="ArgumentException">
    /// There is no level, or a label or prediction is not one of <see cref="Classes"/>.
    /// </exception>
    public ViewerPage AddLevels(string name, params IEnumerable<VoxelLevel> levels)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(levels);
        var layers = new List<ViewerLayer>();
        foreach (var level in levels)
        {
            CheckLabels(level.Attributes, nameof(levels));
            layers.Add(ViewerLayer.Of(level));
        }
        if (layers.Count == 0)
        {
            throw new ArgumentException("levels is empty, must have at least one", nameof(levels));
        }
        _panes.Add(new ViewerPane(name, layers));
        return this;
    }

    /// <summary>Writes the page to a file and replaces an existing one.</summary>
    /// <exception cref="InvalidOperationException">
    /// No pane was added, or no pane has the attribute that <see cref="ColorBy"/> names.
    /// </exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var scene = Scene();
        using var file = File.Create(path);
        Write(file, scene);
    }

    /// <summary>Writes the page as UTF-8.</summary>
    /// <exception cref="InvalidOperationException">
    /// No pane was added, or no pane has the attribute that <see cref="ColorBy"/> names.
    /// </exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Write(stream, Scene());
    }

    private ViewerScene Scene() =>
        _panes.Count > 0
            ? new ViewerScene(_panes, Classes, ColorBy)
            : throw new InvalidOperationException("The page has no pane; add one with Add or AddLevels.");

    private void Write(Stream stream, ViewerScene scene) =>
        new PageTemplate("viewer.html")
            .Text("title", Title)
            .Text("subtitle", Subtitle)
            .Resource("style", "page.css", "viewer.css")
            .Resource("script", "viewer.js")
            .Resource("licence", "three.licence.txt")
            .Written("scene", scene.WriteJson)
            .Written("blocks", scene.Blocks.Write)
            .Write(stream);

    private void CheckLabels(IEnumerable<PointAttribute> attributes, string parameter)
    {
        if (Classes is not { } classes)
        {
            return;
        }
        foreach (var attribute in attributes.Where(ViewerCategories.IsCategory))
        {
            if (NumberTypes.ConvertExactly<int>(attribute.Values.Values, out var misfit) is not { } labels)
            {
                throw new ArgumentException(
                    $"{attribute.Name}[{misfit}] is {attribute.Values.Values.GetValue(misfit)}, must be an integer",
                    parameter
                );
            }
            for (var i = 0; i < labels.Length; i++)
            {
                Checks.Class(labels[i], i, classes.Names.Count, attribute.Name, parameter);
            }
        }
    }
}
