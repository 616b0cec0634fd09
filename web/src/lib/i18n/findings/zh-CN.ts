// What `zimu doctor` finds, by its code: what is the matter, and what to do. The server itself says it in English,
// with the names and numbers of the machine; the page shows that beside this.
import type { Findings } from '../types';

const findings: Findings = {
  'ids.not_a_number': ['PUID 或 PGID 不是数字', '改成命令 id -u、id -g 输出的数字。'],
  'ids.user_fixed': [
    'PUID、PGID 不起作用：容器已用 user: 指定了用户',
    '从 compose 文件中删去 user:，让容器以 root 启动后自行切换；或者删去 PUID 和 PGID。',
  ],
  'ids.is_root': [
    '设置了 PUID 或 PGID，但当前是 root',
    '请通过入口脚本启动程序：docker compose exec server zimu doctor。',
  ],
  'ids.sub_uid': [
    '无根（rootless）引擎：容器里的这个用户在主机上只是从属 uid，不拥有你的任何文件',
    '在 .env 中设置 PUID=0 和 PGID=0（容器里的 root 就是你自己）；Podman 也可用 --userns keep-id。',
  ],

  'data.read_only': [
    '数据文件夹以只读方式挂载',
    '从 compose 文件的卷上去掉 :ro；如果没有写，可能是主机磁盘出错，请看 dmesg。',
  ],
  'data.no_room': [
    '数据文件夹里无法创建文件：空间、inode 或配额已用完',
    '在数据所在的磁盘上腾出空间（inode 用 df -i 查看）。',
  ],
  'data.security_label': [
    '所有者和权限都允许，但 SELinux 或 AppArmor 禁止写入数据文件夹',
    '使用 SELinux 时，把 docker-compose.selinux.yml 加进 .env 的 COMPOSE_FILE，或在卷后加 :Z；主机上可用 ausearch -m avc 查看。',
  ],
  'data.not_owner': [
    '数据文件夹属于另一个用户，当前用户不能写入',
    '运行 docker compose run --rm server fix-permissions，或在主机上用 sudo chown -R 改所有者，或把它的所有者写成 .env 里的 PUID 和 PGID。',
  ],
  'data.not_writable': [
    '数据文件夹里无法创建文件',
    '检查文件夹的所有者和权限，必要时用 sudo chown -R 更改。',
  ],
  'data.no_locks': [
    '数据文件夹所在的文件系统不支持文件锁',
    '把数据放到本地磁盘，或使用命名卷（docker-compose.volume.yml）。',
  ],
  'data.locks_do_not_hold': [
    '数据文件夹上的文件锁不可靠：两个程序同时拿到了同一把锁',
    '把数据放到本地磁盘，或使用命名卷（docker-compose.volume.yml）。',
  ],
  'data.no_shared_memory': [
    '这个文件系统没有 WAL 所需的共享内存',
    '设置 ZIMU_JOURNAL_MODE=delete，或把数据放到本地磁盘或命名卷。',
  ],
  'data.no_bytes': ['数据文件夹无法写入内容', '在它所在的磁盘上腾出空间，或用 dmesg 查看磁盘错误。'],
  'data.no_rename': [
    '数据文件夹里的文件无法改名',
    '把数据放到本地磁盘，或使用命名卷（docker-compose.volume.yml）。',
  ],
  'data.not_mounted': [
    '数据文件夹没有挂载任何东西：所有录音都会随容器一起消失',
    '在那里挂载文件夹或命名卷：docker-compose.yml 已经这样做；docker run 请加 -v zimu-data:/data。',
  ],
  'data.unnamed_volume': [
    '数据在没有名字的卷里：下一个容器会得到另一个卷',
    '挂载文件夹或命名卷；docker run 请加 -v zimu-data:/data。',
  ],
  'data.tmpfs': ['数据在内存文件系统 tmpfs 里，卸载后全部丢失', '在那里挂载文件夹或命名卷。'],
  'data.database_gone': [
    '这个文件夹以前用过，但数据库 zimu.db 不见了',
    '挂载真正存有数据的磁盘或文件夹后重新启动，或者恢复备份；若想要一个新的空库，删去 .zimu。',
  ],
  'data.other_uploads': [
    'uploads 不是原来存放录音的文件夹：其中缺少 .zimu',
    '挂载真正存有录音的磁盘或文件夹后重新启动；如果它确实是对的，在里面运行 touch .zimu。',
  ],
  'data.foreign_files': [
    '数据文件夹里有些文件属于另一个用户，当前用户不能写入',
    '不带 user: 重新启动容器（它会接管这些文件），或在主机上用 sudo chown -R 改所有者。',
  ],
  'data.schema_older': ['数据库还是旧版结构', '运行 zimu migrate（会先备份）；容器在下次启动时会自动进行。'],
  'data.schema_refused': [
    '这个数据库不能由当前的 Zimu 打开',
    '使用写入它的那个版本的 Zimu，或恢复备份；原文写明了具体原因。',
  ],
  'data.disk_full': ['数据所在的磁盘已满', '腾出空间：旧录音、data/backups、不用的模型。'],
  'data.disk_nearly_full': ['数据所在的磁盘快满了', '腾出空间：旧录音、data/backups、不用的模型。'],
  'data.cannot_be_made': ['数据文件夹不存在，也无法创建', '让 ZIMU_DATA_DIR 指向当前用户可以写入的文件夹。'],
  'data.folder_missing': [
    '数据文件夹不存在：那里没有挂载任何东西',
    '在那里挂载文件夹或命名卷：docker-compose.yml 已经这样做。',
  ],
  'data.journal_risk': [
    '数据所在的文件系统或日志模式对数据库不够安全',
    '把数据放到本地磁盘或命名卷（docker-compose.volume.yml），并使用 ZIMU_JOURNAL_MODE=auto。',
  ],
  'data.journal_unknown': ['无法确定数据库的日志模式', '检查 ZIMU_JOURNAL_MODE。'],

  'models.fetching': ['正在获取模型', '请稍候：任务也在等它。'],
  'models.missing_offline': [
    '默认模型没有安装，而 HF_HUB_OFFLINE 禁止联网获取',
    '把模型文件复制到模型文件夹，或运行 zimu models import 文件；也可以去掉 HF_HUB_OFFLINE 后再获取。',
  ],
  'models.missing': [
    '默认模型没有安装',
    '在本页获取，或运行 zimu models pull 模型名（服务器启动时也会自动获取）；网络受阻时把 HF_ENDPOINT 设为镜像站。',
  ],
  'models.unreadable': ['无法读取模型文件夹', '让当前用户可以读取该文件夹（ZIMU_MODEL_DIR）。'],
  'models.default_damaged': ['默认模型的文件已损坏', '重新获取：zimu models pull 模型名。'],
  'models.damaged': [
    '有一个模型的文件已损坏',
    '重新获取：zimu models pull 模型名；或删除：zimu models rm 模型名。',
  ],

  'ffmpeg.missing': [
    'PATH 中没有 ffmpeg 程序（转写不需要它，生成带字幕的视频需要）',
    '运行 apt install ffmpeg；容器镜像自带。',
  ],
  'ffmpeg.broken': ['ffmpeg 程序无法正常工作', '重新安装：apt install ffmpeg；容器镜像自带。'],

  'gpu.wanted_but_none': [
    '设置了 ZIMU_DEVICE=cuda，但这里没有 NVIDIA GPU',
    '安装驱动、把 GPU 交给容器（docker-compose.gpu.yml），或设置 ZIMU_DEVICE=auto。',
  ],
  'gpu.lost': [
    'GPU 丢失：服务器启动后曾正常工作，现在不行了；设备为自动的任务改用 CPU 继续',
    '重新创建容器：docker compose up -d --force-recreate server；想避免再次发生，请用 CDI（docker-compose.gpu-cdi.yml）。不在容器中时重新加载 nvidia_uvm 模块或重启。',
  ],
  'gpu.probe_died': [
    'NVIDIA 驱动库没有应答或崩溃了',
    '在主机上运行 nvidia-smi：如果也卡住，请重启；在此之前设置 ZIMU_DEVICE=cpu。',
  ],
  'gpu.wsl_not_found': [
    'WSL2：libcuda 在 /usr/lib/wsl/lib 中，但程序找不到它',
    '容器：安装 nvidia-container-toolkit 并使用 docker-compose.gpu.yml；否则运行 sudo ldconfig，或设置 LD_LIBRARY_PATH=/usr/lib/wsl/lib。',
  ],
  'gpu.wsl_no_dxg': [
    'WSL2 中没有 /dev/dxg：Windows 没有把 GPU 交给 Linux',
    '在 Windows 上更新 NVIDIA 驱动，运行 wsl --update，再运行 wsl --shutdown；不要在 Linux 里安装驱动。',
  ],
  'gpu.wsl_no_libcuda': [
    'WSL2：有 /dev/dxg，但没有 libcuda',
    '容器：安装 nvidia-container-toolkit（Docker Desktop 不需要）；否则在 Windows 上安装 NVIDIA 驱动，然后 wsl --update、wsl --shutdown。',
  ],
  'gpu.library_unusable': ['无法加载 NVIDIA 驱动库', '安装与内核驱动同一版本的驱动库。'],
  'gpu.library_absent': [
    '有 GPU 的设备文件，但没有驱动库 libcuda',
    '容器：设置 NVIDIA_DRIVER_CAPABILITIES=compute,utility，compose 文件中只写 capabilities: [gpu]；否则安装驱动库（Debian：libcuda1）。',
  ],
  'gpu.nothing_arrived': [
    '请求了 GPU，但容器里什么也没有',
    '在主机上安装 nvidia-container-toolkit 并使用 docker-compose.gpu.yml；没有 NVIDIA GPU 的机器请用 cpu 镜像。',
  ],
  'gpu.not_requested': [
    '主机有 NVIDIA GPU，但没有交给这个容器',
    '在 .env 中设置 COMPOSE_FILE=docker-compose.yml:docker-compose.gpu.yml，然后 docker compose up -d。',
  ],
  'gpu.library_missing': [
    '内核里有驱动，但没有安装 libcuda 库',
    '安装驱动库（Debian：libcuda1；Ubuntu：libnvidia-compute-…）。',
  ],
  'gpu.no_backend': [
    '有 GPU，但这个镜像或构建不含 CUDA',
    '使用 cuda 镜像（COMPOSE_FILE 中的 docker-compose.gpu….yml 会选择它），或把 libggml-cuda.so 放到 zimu 旁边。',
  ],
  'gpu.backend_unusable': ['无法加载 CUDA 后端', '镜像已损坏或缺少 CUDA 库：重新拉取或构建 cuda 镜像。'],
  'gpu.driver_old': ['NVIDIA 驱动太旧', '更新主机上的 NVIDIA 驱动，然后重新创建容器；在此之前使用 CPU。'],
  'gpu.devices_refused': [
    '当前用户不能打开 GPU 的设备文件',
    '在 compose 文件中用 group_add 加入拥有它们的组（ls -ln /dev/nvidia*）。',
  ],
  'gpu.no_device_files': [
    '有驱动库，但没有 /dev/nvidia*：容器没有得到 GPU，或镜像里混入了驱动文件',
    '容器：使用 docker-compose.gpu.yml；否则在主机上运行 sudo modprobe nvidia && sudo nvidia-modprobe -u -c=0。',
  ],
  'gpu.no_uvm': ['缺少 /dev/nvidia-uvm', '在主机上运行 sudo nvidia-modprobe -u -c=0，然后重新创建容器。'],
  'gpu.no_cuinit': ['找到的 libcuda 不是 CUDA 驱动', '删除它，或把它的文件夹移出 LD_LIBRARY_PATH。'],
  'gpu.none_shown': [
    '驱动正常，但没有显示任何 GPU',
    '检查 CUDA_VISIBLE_DEVICES 和 compose 文件中的 device_ids。',
  ],
  'gpu.arch_missing': [
    '这个构建不含适合该显卡的代码',
    '用适合该显卡的 CUDA_ARCHITECTURES 构建 cuda 镜像，在 CUDA_VISIBLE_DEVICES 中指定受支持的显卡，或设置 ZIMU_DEVICE=cpu。',
  ],
  'gpu.arch_needs_driver': ['显卡比构建新，而驱动太旧，无法现场编译代码', '更新主机上的 NVIDIA 驱动。'],
  'gpu.compute_fails': ['GPU 计算结果不对', '重置显卡或重启主机；用 dmesg 查看 Xid 行。'],
  'gpu.out_of_memory': ['GPU 内存不足', '停止其他占用显卡的程序（用 nvidia-smi 查看），或选较小的模型。'],
  'gpu.shutting_down': ['驱动正在关闭或没有初始化', '重新启动 Zimu；仍然如此请重启机器。'],
  'gpu.stub_library': [
    '找到的 libcuda 是工具包链接用的空壳，不是驱动',
    '把 stubs 文件夹移出 LD_LIBRARY_PATH。',
  ],
  'gpu.busy': ['GPU 被占用或处于独占模式', '停止占用它的进程，或在主机上运行 nvidia-smi -c DEFAULT。'],
  'gpu.none_seen': [
    '驱动看不到 GPU',
    '在主机上运行 nvidia-smi；容器请使用 docker-compose.gpu.yml，并保留 /dev/nvidia* 的组。',
  ],
  'gpu.number_wrong': [
    'CUDA_VISIBLE_DEVICES 或设备编号指向不存在的 GPU',
    '改正或删去 CUDA_VISIBLE_DEVICES（以及 compose 文件中的 device_ids）。',
  ],
  'gpu.no_code_for_card': [
    '这个构建没有适合该显卡的代码',
    '使用更新的 Zimu 的 cuda 镜像，或设置 ZIMU_DEVICE=cpu。',
  ],
  'gpu.ecc_errors': ['显卡报告了无法纠正的内存错误', '在主机上运行 nvidia-smi -q -d ECC；显卡可能正在损坏。'],
  'gpu.driver_too_old': ['驱动太旧，无法运行这个构建的代码', '更新主机上的 NVIDIA 驱动。'],
  'gpu.system_call': [
    '驱动的系统调用失败，多半是不能打开 /dev/nvidia* 或 /dev/nvidia-uvm',
    '在主机上加载：sudo nvidia-modprobe -u -c=0；无根 Docker 请用 CDI（docker-compose.gpu-cdi.yml）。',
  ],
  'gpu.program_failed': ['GPU 上的程序失败了', '在主机上用 dmesg 查看 Xid 行；重置显卡或重启。'],
  'gpu.not_permitted': ['操作不被允许', '使用 SELinux 时，给 server 加上 security_opt: ["label=disable"]。'],
  'gpu.fabric_manager': [
    'GPU 尚未就绪：fabric manager 没有运行',
    '在主机上运行 sudo systemctl enable --now nvidia-fabricmanager（版本与驱动相同）。',
  ],
  'gpu.versions_differ': [
    '内核中的驱动和驱动库版本不同（更新驱动后没有重启）',
    '重启机器（或重新加载 nvidia 模块），然后重新创建容器。',
  ],
  'gpu.compat_library': [
    '加载了该显卡不支持的兼容版 libcuda',
    '把 /usr/local/cuda/compat 移出 LD_LIBRARY_PATH；改为更新主机上的驱动。',
  ],
  'gpu.mps_silent': [
    'CUDA MPS 服务没有应答',
    '在主机上启动 nvidia-cuda-mps-control，或删去 CUDA_MPS_PIPE_DIRECTORY。',
  ],
  'gpu.driver_not_loaded': [
    '内核没有加载驱动',
    '在主机上运行 sudo modprobe nvidia；更新内核后请重新安装驱动。',
  ],
  'gpu.off_the_bus': ['显卡已从总线上掉线', '在主机的 dmesg 中查找 Xid 79；检查供电和散热，重启。'],
  'gpu.needs_reset': ['显卡需要重置', '在主机上运行 sudo nvidia-smi --gpu-reset，或重启。'],
  'gpu.files_unusable': [
    '驱动的设备文件不再可用：容器可能失去了 GPU',
    '重新创建容器：docker compose up -d --force-recreate server；想避免再次发生，请用 CDI（docker-compose.gpu-cdi.yml）。不在容器中时重新加载 nvidia_uvm 模块或重启。',
  ],
  'gpu.cuda_error': [
    'CUDA 出错',
    '在主机上运行 nvidia-smi；按原文中的编号在 NVIDIA 文档的 CUresult 中查找。',
  ],
  'gpu.nvml_error': ['NVML 出错', '在主机上运行 nvidia-smi。'],

  'ollama.dns_silent': [
    'DNS 服务器没有应答，查不到 Ollama 的地址',
    '检查 /etc/resolv.conf 中的域名服务器（compose 文件的 dns:），或在 OLLAMA_HOST 中直接写 IP 地址。',
  ],
  'ollama.docker_name': [
    '无法解析主机名 host.docker.internal',
    '在 compose 文件的 server 服务下写 extra_hosts: ["host.docker.internal:host-gateway"]；Podman 请用 host.containers.internal。',
  ],
  'ollama.podman_name': [
    '无法解析主机名 host.containers.internal',
    '只有 Podman 认识它；Docker 请用 OLLAMA_HOST=http://host.docker.internal:11434。',
  ],
  'ollama.name_unknown': [
    '无法解析 OLLAMA_HOST 中的主机名',
    '检查 OLLAMA_HOST；同一 compose 文件中的服务用服务名（ollama），主机用 host.docker.internal。',
  ],
  'ollama.container_itself': [
    'OLLAMA_HOST 指向容器自己，那里没有 Ollama',
    '设置 OLLAMA_HOST=http://host.docker.internal:11434（Podman：host.containers.internal）。',
  ],
  'ollama.not_running': [
    'Ollama 没有运行',
    '运行 sudo systemctl start ollama 或 ollama serve；没有它，只是翻译和摘要不可用。',
  ],
  'ollama.refused': [
    'Ollama 拒绝连接：没有运行，或只监听 127.0.0.1',
    '用 sudo systemctl edit ollama 在 [Service] 下加 Environment="OLLAMA_HOST=0.0.0.0:11434"，然后 sudo systemctl restart ollama；没有运行则用 ollama serve。',
  ],
  'ollama.firewall': [
    '连不上 Ollama：中间有防火墙，或那个地址没有机器',
    '在主机的防火墙中放行容器网段访问该端口；原文中有完整命令。',
  ],
  'ollama.unreachable': [
    '连不上 Ollama',
    '检查容器的网络（network_mode: none 或 internal: true 没有出口）和 OLLAMA_HOST。',
  ],
  'ollama.proxy': [
    '发给 Ollama 的请求走了代理',
    '把 Ollama 的主机名加进 NO_PROXY 和 no_proxy（.env 或 ~/.docker/config.json）。',
  ],
  'ollama.hangs': [
    'Ollama 接受连接，但没有应答',
    '它可能正在加载或卡住：查看日志（journalctl -u ollama），重新启动它。',
  ],
  'ollama.login': [
    'Ollama 前面要求登录，请求被拒绝',
    '去掉登录，或把用户名和密码写进 OLLAMA_HOST；Ollama 自身对其他主机名需要 OLLAMA_ORIGINS=*。',
  ],
  'ollama.gateway': [
    '应答的是网关或出错的服务器，不是 Ollama',
    '检查 OLLAMA_HOST 和 Ollama 前面的服务；查看 journalctl -u ollama。',
  ],
  'ollama.other_program': [
    '那个地址上应答的不是 Ollama',
    '检查 OLLAMA_HOST 中的主机和端口（Ollama 的端口是 11434）。',
  ],
  'ollama.no_list': ['Ollama 没有列出它的模型', '更新 Ollama，或查看它的日志。'],
  'ollama.model_missing': [
    'Ollama 没有 OLLAMA_MODEL 指定的模型',
    '在 Ollama 所在的机器上运行 ollama pull 模型名。',
  ],

  'platform.little_memory': [
    '容器可用的内存不到 1 GiB：base 模型大约需要这么多',
    '在 compose 文件中提高 mem_limit，或设置 ZIMU_MODEL=tiny。',
  ],
};

export default findings;
