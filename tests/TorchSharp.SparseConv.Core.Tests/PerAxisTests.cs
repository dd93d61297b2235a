namespace TorchSharp.SparseConv.Core.Tests;

[TestFixture]
public sealed class PerAxisTests
{
    [Test]
    public void Converts_from_a_number_tuples_and_a_collection()
    {
        PerAxis one = 7;
        PerAxis two = (1, 2);
        PerAxis three = (1, 2, 3);
        PerAxis four = (1, 2, 3, 4);
        PerAxis list = [1, 2, 3];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(one, Is.EqualTo([7]));
            Assert.That(two, Is.EqualTo([1, 2]));
            Assert.That(three, Is.EqualTo([1, 2, 3]));
            Assert.That(four, Is.EqualTo([1, 2, 3, 4]));
            Assert.That(list == three, Is.True);
            Assert.That(list.GetHashCode(), Is.EqualTo(three.GetHashCode()));
            Assert.That(new PerAxis(1, 2) != two, Is.False);
            Assert.That(new PerAxis(1) == new PerAxis(1, 0), Is.False);
            Assert.That(three.ToString(), Is.EqualTo("(1, 2, 3)"));
        }
    }

    [Test]
    public void Expands_one_value_to_every_axis_and_keeps_as_many_as_axes()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(((PerAxis)2).Expand(3), Is.EqualTo([2, 2, 2]));
            Assert.That(((PerAxis)(1, 2, 3)).Expand(3), Is.EqualTo([1, 2, 3]));
            Assert.That(PerAxis.Repeat(5, 4), Is.EqualTo([5, 5, 5, 5]));
        }
    }

    [Test]
    public void Refuses_another_number_of_values_by_the_name_of_the_argument()
    {
        PerAxis kernel = (1, 2);
        var refused = Assert.Throws<ArgumentException>(() => kernel.Expand(3, "kernel_size"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused.ParamName, Is.EqualTo("kernel_size"));
            Assert.That(refused.Message, Does.StartWith("kernel_size is (1, 2), must have one value or 3."));
            Assert.That(() => default(PerAxis).Expand(3), Throws.ArgumentException);
            Assert.That(() => new PerAxis(), Has.Count.Zero);
            Assert.That(() => new PerAxis(1, 2, 3, 4, 5), Throws.ArgumentException.With.Message.Contains("5 values"));
            Assert.That(() => new PerAxis(ReadOnlySpan<int>.Empty), Throws.ArgumentException);
            Assert.That(() => PerAxis.Repeat(1, 5), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => kernel[2], Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => kernel[-1], Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }
}
