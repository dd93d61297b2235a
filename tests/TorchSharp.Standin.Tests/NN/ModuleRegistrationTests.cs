using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests.NN;

internal sealed class ModuleRegistrationTests
{
    [Test]
    public void Fields_are_registered_under_their_names()
    {
        using var net = new Net();
        Assert.Multiple(() =>
        {
            Assert.That(
                net.named_parameters().Select(entry => entry.name),
                Is.EqualTo(new[] { "scale", "first.weight", "first.bias", "norm.weight", "norm.bias" })
            );
            Assert.That(
                net.named_buffers().Select(entry => entry.name),
                Is.EquivalentTo(
                    new[] { "offset_of_all", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked" }
                )
            );
            Assert.That(net.named_children().Select(entry => entry.name), Is.EqualTo(new[] { "first", "norm" }));
        });
    }

    [Test]
    public void Recursion_can_be_refused()
    {
        using var net = new Net();
        Assert.Multiple(() =>
        {
            Assert.That(net.named_parameters(recurse: false).Select(e => e.name), Is.EqualTo(new[] { "scale" }));
            Assert.That(net.named_buffers(recurse: false).Select(e => e.name), Is.EqualTo(new[] { "offset_of_all" }));
        });
    }

    [Test]
    public void Modules_are_listed_level_by_level_with_their_path()
    {
        using var net = new Nest();
        Assert.That(
            net.named_modules().Select(entry => entry.name),
            Is.EqualTo(new[] { "inner", "list", "inner.first", "inner.norm", "list.0", "list.1" })
        );
    }

    [Test]
    public void A_parameter_that_is_shared_is_listed_once()
    {
        using Linear linear = nn.Linear(2, 2);
        using var net = new Twice(linear);
        Assert.That(net.parameters().Count(), Is.EqualTo(2));
        Assert.That(net.state_dict(), Has.Count.EqualTo(4), "the state dictionary has both names");
    }

    [Test]
    public void Buffers_that_do_not_persist_are_in_no_list()
    {
        using var net = new Net();
        net.register_buffer("cache", zeros(1), persistent: false);
        Assert.Multiple(() =>
        {
            Assert.That(net.named_buffers().Select(entry => entry.name), Does.Not.Contain("cache"));
            Assert.That(net.state_dict(), Does.Not.ContainKey("cache"));
            Assert.That(net.has_buffer("cache"));
        });
    }

    [Test]
    public void Paths_find_parameters_and_buffers()
    {
        using var net = new Nest();
        Assert.Multiple(() =>
        {
            Assert.That(net.has_parameter("inner.first.weight"));
            Assert.That(net.has_parameter("inner.second.weight"), Is.False);
            Assert.That(net.has_buffer("inner.norm.running_mean"));
            Assert.That(net.has_parameter("inner.norm.running_mean"), Is.False);
            Assert.That(net.get_parameter("nothing"), Is.Null);
            Assert.That(net.get_buffer("inner.norm.running_var")!.shape, Is.EqualTo(new long[] { 3 }));
        });
    }

    [Test]
    public void Names_must_be_new_and_without_dots()
    {
        using var net = new Net();
        using Linear other = nn.Linear(1, 1);
        Assert.Multiple(() =>
        {
            Assert.Throws<InvalidOperationException>(() => net.register_module("first", other));
            Assert.Throws<ArgumentException>(() => net.register_module("a.b", other));
            Assert.Throws<ArgumentException>(() => net.register_module("", other));
            Assert.Throws<InvalidOperationException>(() => net.register_buffer("offset_of_all", zeros(1)));
            Assert.Throws<ArgumentNullException>(() => net.register_buffer("none", null!));
            Assert.Throws<ArgumentNullException>(() => net.register_parameter("none", null!));
        });
    }

    [Test]
    public void Registering_nothing_takes_a_module_out()
    {
        using var net = new Net();
        net.register_module("norm", null!);
        Assert.That(net.named_children().Select(entry => entry.name), Is.EqualTo(new[] { "first" }));
    }

    [Test]
    public void Training_reaches_every_module()
    {
        using var net = new Nest();
        net.eval();
        Assert.That(net.modules().Append(net).Select(module => module.training), Is.All.False);
        net.train();
        Assert.That(net.modules().Append(net).Select(module => module.training), Is.All.True);
    }

    [Test]
    public void Apply_visits_children_first()
    {
        using var net = new Net();
        List<string> visited = [];
        net.apply(module => visited.Add(module.GetName()));
        Assert.That(visited, Is.EqualTo(new[] { "Linear", "BatchNorm1d", "Net" }));
    }

    [Test]
    public void Hooks_change_input_and_output_until_removed()
    {
        using Identity identity = nn.Identity();
        using Tensor one = ones(1);
        var before = identity.register_forward_pre_hook((_, input) => input * 3);
        var after = identity.register_forward_hook((_, input, output) => input + output);
        Assert.That(identity.call(one).Values(), Is.EqualTo(new[] { 6.0 }));
        before.remove();
        Assert.That(identity.call(one).Values(), Is.EqualTo(new[] { 2.0 }));
        after.remove();
        Assert.That(identity.call(one).Values(), Is.EqualTo(new[] { 1.0 }));
    }

    [Test]
    public void Parameter_less_modules_take_no_parameters()
    {
        using ReLU relu = nn.ReLU();
        Assert.Multiple(() =>
        {
            Assert.Throws<InvalidOperationException>(() => relu.register_buffer("b", zeros(1)));
            Assert.Throws<InvalidOperationException>(() => relu.register_parameter("p", nn.Parameter(zeros(1))));
            Assert.Throws<InvalidOperationException>(() => relu.register_module("m", nn.Linear(1, 1)));
        });
    }

    [Test]
    public void Gradients_are_set_to_none_or_to_zero()
    {
        using Linear linear = nn.Linear(2, 1);
        linear.call(ones(1, 2)).sum().backward();
        linear.zero_grad(set_to_none: false);
        Assert.That(linear.weight.grad!.Values(), Is.EqualTo(new[] { 0.0, 0.0 }));
        linear.zero_grad();
        Assert.That(linear.weight.grad is null);
    }

    internal sealed class Net : nn.Module<Tensor, Tensor>
    {
        private readonly Linear first = nn.Linear(2, 3);
        private readonly BatchNorm1d norm = nn.BatchNorm1d(3);
        private readonly Parameter scale = nn.Parameter(ones(3));

        [ComponentName(Name = "offset_of_all")]
        private readonly Tensor _offset = zeros(3);

        public Net()
            : base(nameof(Net)) => RegisterComponents();

        public override Tensor forward(Tensor input) => norm.call(first.call(input)) * scale + _offset;
    }

    private sealed class Nest : nn.Module
    {
        private readonly Net inner = new();
        private readonly ModuleList<nn.Module> list = nn.ModuleList(nn.ReLU(), nn.Linear(1, 1));

        public Nest()
            : base(nameof(Nest)) => RegisterComponents();

        public override string GetName() => $"{inner.GetName()} in {list.Count}";
    }

    private sealed class Twice : nn.Module
    {
        public Twice(nn.Module module)
            : base(nameof(Twice))
        {
            register_module("one", module);
            register_module("two", module);
        }
    }
}
