using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public bool requires_grad
        {
            get => Info.RequiresGrad != 0;
            set => Native.Check(Native.standin_tensor_set_requires_grad(Handle, value ? 1 : 0), this);
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public unsafe Tensor? grad
        {
            get
            {
                nint result;
                Native.Check(Native.standin_tensor_grad(Handle, &result), this);
                return result == 0 ? null : new Tensor(result);
            }
            set => Native.Check(Native.standin_tensor_set_grad(Handle, value?.Handle ?? 0), (this, value));
        }

        public void retain_grad() => Native.Check(Native.standin_tensor_retain_grad(Handle), this);

        public void backward() => autograd.backward([this]);

        public void backward(
            IList<Tensor>? grad_tensors = null,
            bool retain_graph = false,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        ) => autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);
    }
}
