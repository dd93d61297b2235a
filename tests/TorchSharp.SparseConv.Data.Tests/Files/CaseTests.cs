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

    [Test]
    public void Five_floats_of_nuScenes_are_told_by_the_name()
    {
        using var folder = new TempFolder();
        var cloud = PointCloudFile.Read(PathOf("five-floats.pcd.bin"));
        Assert.That((cloud.Count, cloud.Find("ring")!.Count), Is.EqualTo((32, 32)));
        PointCloudFile.Write(folder["again.pcd.bin"], cloud);
        Assert.That(
            File.ReadAllBytes(folder["again.pcd.bin"]),
            Is.EqualTo(File.ReadAllBytes(PathOf("five-floats.pcd.bin")))
        );
    }

    [Test]
    public void A_return_that_is_no_number_is_read_and_can_be_dropped()
    {
        var cloud = PointCloudFile.Read(PathOf("one-nan.bin"));
        Assert.That(cloud.FinitePoints().Count, Is.EqualTo(cloud.Count - 1));
        Assert.That(() => SemanticKitti.ReadScan(PathOf("one-nan.bin")), Throws.TypeOf<PointCloudException>());
    }

    [Test]
    public void Degrees_keep_every_step_of_the_source()
    {
        var path = PathOf("latlon.las");
        var (cloud, header) = (PointCloudFile.Read(path), LasFile.ReadHeader(path));
        var steps = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(path).AsSpan(227));
        for (var point = 0; point < cloud.Count; point++)
        {
            for (var axis = 0; axis < 3; axis++)
            {
                var world = cloud.Origin[axis] + cloud.Positions[3 * point + axis];
                var step = steps[header.RecordBytes / 4 * point + axis];
                Assert.That((int)Math.Round((world - header.Offset[axis]) / header.Scale[axis]), Is.EqualTo(step));
            }
        }
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
