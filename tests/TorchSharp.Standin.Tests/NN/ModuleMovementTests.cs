using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests.NN;

internal sealed class ModuleMovementTests
{
    [Test]
    public void Everything_of_floating_point_changes_its_type()
    {
        using var net = new ModuleRegistrationTests.Net();
        Assert.That(net.to(ScalarType.Float64), Is.SameAs(net));
        Assert.Multiple(() =>
        {
            Assert.That(net.parameters().Select(parameter => parameter.dtype), Is.All.EqualTo(ScalarType.Float64));
            Assert.That(net.get_buffer("norm.running_mean")!.dtype, Is.EqualTo(ScalarType.Float64));
            Assert.That(net.get_buffer("norm.num_batches_tracked")!.dtype, Is.EqualTo(ScalarType.Int64));
            Assert.That(net.get_buffer("offset_of_all")!.dtype, Is.EqualTo(ScalarType.Float64));
        });
        using Tensor output = net.call(TensorValues.Ramp(1, 4, 2));
        Assert.That(output.dtype, Is.EqualTo(ScalarType.Float64), "fields and properties hold the new tensors");
    }

    [Test]
    public void Parameters_stay_leaves_and_keep_their_gradients()
    {
        using Linear linear = nn.Linear(2, 1);
        linear.call(ones(1, 2)).sum().backward();
        linear.weight.requires_grad = true;
        linear.@double();
        Assert.Multiple(() =>
        {
            Assert.That(linear.weight.requires_grad);
            Assert.That(linear.weight.is_leaf);
            Assert.That(linear.weight.grad!.Values(), Is.EqualTo(new[] { 1.0, 1.0 }));
            Assert.That(linear.weight.grad!.dtype, Is.EqualTo(ScalarType.Float64));
        });
    }

    [Test]
    public void Nothing_is_replaced_where_nothing_changes()
    {
        using Linear linear = nn.Linear(2, 1);
        Parameter weight = linear.weight;
        linear.to(ScalarType.Float32).cpu().to("cpu");
        Assert.That(linear.weight, Is.SameAs(weight));
    }

    [Test]
    public void Sequentials_and_lists_move_what_they_hold()
    {
        using Sequential net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.BatchNorm1d(2));
        net.to(ScalarType.BFloat16);
        Assert.That(net.parameters().Select(parameter => parameter.dtype), Is.All.EqualTo(ScalarType.BFloat16));
    }

    [Test]
    public void Integers_are_no_type_for_a_module()
    {
        using Linear linear = nn.Linear(2, 1);
        Assert.Throws<ArgumentException>(() => linear.to(ScalarType.Int64));
        Assert.Throws<ArgumentException>(() => linear.to(CPU, ScalarType.Int32));
    }

    [Test]
    public void Properties_of_that_name_receive_the_new_tensor()
    {
        using var net = new WithProperty();
        net.to(ScalarType.Float64);
        Assert.That(net.weight.dtype, Is.EqualTo(ScalarType.Float64));
    }

    private sealed class WithProperty : nn.Module
    {
        private Parameter _weight = nn.Parameter(ones(1));

        public WithProperty()
            : base(nameof(WithProperty)) => register_parameter("weight", _weight);

        public Parameter weight
        {
            get => _weight;
            set
            {
                _weight = value;
                ConditionallyRegisterParameter("weight", value);
            }
        }
    }
}
