namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class ClassPaletteTests
{
    [Test]
    public void Classes_without_colours_get_different_ones()
    {
        var palette = new ClassPalette([.. Enumerable.Range(0, 256).Select(label => $"{label}")]);
        Assert.That(palette.Colors.Take(40), Is.Unique);
        Assert.That(palette.Colors.Distinct().Count(), Is.GreaterThan(200));
    }

    [Test]
    public void A_data_set_has_its_own()
    {
        var palette = ClassPalette.Of(new GeneratedStreetScenes(1, 1));
        Assert.That(palette.Names, Is.EqualTo(SemanticKittiClasses.Names));
        Assert.That(palette.Colors, Is.EqualTo(SemanticKittiClasses.Colors));
        Assert.That(palette.IgnoreLabel, Is.Zero);
    }

    [Test]
    public void Mistakes_are_named() =>
        Assert.Multiple(() =>
        {
            Assert.That(
                () => new ClassPalette(["a", "b"], [default]),
                Throws.ArgumentException.With.Message.Contains("colors has 1 entries")
            );
            Assert.That(() => new ClassPalette(new string[257]), Throws.ArgumentException.With.Message.Contains("256"));
            Assert.That(
                () => new ClassPalette(["a"], null, 1),
                Throws.ArgumentException.With.Message.Contains("ignoreLabel is 1")
            );
        });
}
