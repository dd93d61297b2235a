namespace TorchSharp.SparseConv.Data.Tests;

// Small files of the kinds that people report, each with what is right.
internal sealed class CaseTests
{
    [Test]
    public void A_field_with_count_0_has_no_bytes()
    {
        var cloud = PointCloudFile.Read(PathOf("count-zero.pcd"));
        Assert.That(cloud.Count, Is.EqualTo(3));
        Assert.That(
            cloud.Attributes.Select(one => one.Name),
            Is.EqualTo(new[] { "intensity", "t", "reflectivity", "ring", "noise", "range" })
        );
        Assert.That(cloud.Find("t")!.Values.ToInt32()[0], Is.EqualTo(1000));
        Assert.That(cloud.Find("range")!.Values.ToInt32()[0], Is.EqualTo(5000));
    }

    [Test]
    public void Microsofts_spelling_of_no_number_is_read()
    {
        var quality = PointCloudFile.Read(PathOf("not-a-number.ply")).Find("quality")!.Values.ToSingle();
        Assert.That(quality, Is.EqualTo(new[] { float.NaN, float.NaN }).Or.EqualTo(new[] { 1f, float.NaN }));
    }

    [Test]
    public void A_slope_that_is_no_number_scales_nothing()
    {
        var volume = NiftiFile.Read(PathOf("slope-nan.nii"));
        Assert.That((volume.Slope, volume.Intercept), Is.EqualTo((1.0, 0.0)));
    }

    [TestCase("hash.txt")]
    [TestCase("bom.csv")]
    public void A_text_file_of_no_words_is_refused_as_any_other(string file) =>
        Assert.That(
            () => PointCloudFile.Read(PathOf(file)),
            Throws.TypeOf<PointCloudException>().With.Message.Contains(file).And.Message.Contains("no words")
        );

    private static string PathOf(string file) =>
        Path.Combine(TestContext.CurrentContext.TestDirectory, "Files", "Cases", file);
}
